/* The set of the states seen, without locks: exact, and as small as the width of a state allows.
 *
 * Whoever turns the empty slot into its own with one compare-and-swap owns it. Four kinds:
 *
 *   DIRECT  one bit for every code that there can be: nothing is hashed or compared.
 *   SHORT   slots of 16 bits, and
 *   HALF    slots of 32 bits, for codes of few enough bits. A bijection on the bits of a code
 *           scrambles it; its high bits choose the slot where looking begins, and only the rest
 *           is stored, with the number of slots from there (Cleary 1984, with the displacement
 *           written out). Slot, displacement and rest together give the code back.
 *   WHOLE   slots that hold all of a code, marked with TAKEN.
 *
 * A code is a state of one word, or what stands for one of several (fold.h).
 *
 * A table starts small and grows by moving to one of a better kind, `table_kind`: the larger it
 * is, the less of a code has to be stored. Growing keeps the order of the slots, and so reads and
 * writes memory in sequence.
 */
#ifndef TABLE_H
#define TABLE_H

#include <stdatomic.h>

#include "engine.h"
#include "fold.h"
#include "memory.h"

#define TAKEN ((word)1 << 63)

enum kind { DIRECT, SHORT, HALF, WHOLE };
static const char *const kind_names[] = {"direct", "short", "half", "whole"};

enum insertion { KNOWN, NEW, NO_ROOM };

struct table {
    enum kind kind;
    void *slots;
    word asked;                 /* the slots that it was opened with */
    word capacity;              /* those that it has; in a DIRECT one, codes */
    word most;                  /* states that may be put in before it has to grow */
    _Atomic word reserved;      /* of `most`, by tickets that workers hold or have used */
    unsigned bits;              /* of a code */
    unsigned low;               /* of those, for the first number of a state of several words */
    unsigned rest;              /* bits of a scrambled code that a SHORT or HALF slot stores */
    struct fold *fold;          /* for states of several words */
};

static inline size_t table_bytes(enum kind kind, word capacity)
{
    switch (kind) {
    case DIRECT: return capacity / 8;
    case SHORT: return capacity * sizeof(uint16_t);
    case HALF: return capacity * sizeof(uint32_t);
    case WHOLE: break;
    }
    return capacity * sizeof(word);
}

#include "compact.h"
#include "codes.h"

static inline size_t table_memory(const struct table *table)
{
    return table_bytes(table->kind, table->capacity);
}

/* What table_read() can be asked for: places below this. */
static inline word table_indices(const struct table *table)
{
    return table->capacity;
}

/* A table of so many slots; a DIRECT one has as many bits as there are codes. */
static inline bool table_open(struct table *table, struct fold *fold, enum kind kind, word slots)
{
    table->kind = kind;
    table->asked = slots;
    table->fold = fold;
    table->low = code_low(fold);
    table->bits = code_bits(fold);
    table->capacity = table_capacity(kind, slots, table->bits);
    table->slots = memory_take(table_memory(table));
    /* Linear probing slows down as a table fills. A bit that is set slows nobody down. */
    table->most = kind == DIRECT ? UINT64_MAX / 2 : table->capacity / 8 * 5;
    table->rest = table_rest(kind, table->capacity, table->bits);
    atomic_store(&table->reserved, 0);
    return table->slots != NULL;
}

/* A place as far as is easily seen on from an empty one, with nothing but empty ones between. */
static inline word table_skip(const struct table *table, word place)
{
    if (table->kind == DIRECT && ((const word *)table->slots)[place / 64] == 0)
        return place | 63;
    return place;
}

static inline void table_close(struct table *table)
{
    memory_give(table->slots, table_memory(table));
}

#endif
