/* The set of the states seen, without locks: exact, and as small as the width of a state allows.
 *
 * Whoever turns the empty slot into its own with one compare-and-swap owns it. Four kinds:
 *
 *   DIRECT  one bit for every code that a state can have: nothing is hashed or compared.
 *   SHORT   slots of 16 bits, and
 *   HALF    slots of 32 bits, for states of one word. A bijection on the bits of a state
 *           scrambles it; its high bits choose the slot where looking begins, and only the rest
 *           is stored, with the number of slots from there (Cleary 1984, with the displacement
 *           written out). Slot, displacement and rest together give the state back.
 *   WHOLE   slots that hold all words of a state. Of one word: marked with TAKEN. Of several:
 *           whoever has put in word 0 writes the others and then marks them as READY; those that
 *           look for a state with the same word 0 wait for that, a few instructions.
 *
 * A table starts small and grows by moving to one of a better kind, `table_kind`: the larger it
 * is, the less of a state has to be stored. Growing keeps the order of the slots, and so reads and
 * writes memory in sequence.
 */
#ifndef TABLE_H
#define TABLE_H

#include <stdatomic.h>

#include "engine.h"
#include "memory.h"

#define TAKEN ((word)1 << 63)
#define READY ((word)1 << 62)

enum kind { DIRECT, SHORT, HALF, WHOLE };
static const char *const kind_names[] = {"direct", "short", "half", "whole"};

enum insertion { KNOWN, NEW, NO_ROOM };

typedef _Atomic word entry[WORDS];

struct table {
    enum kind kind;
    void *slots;
    word capacity;
    word most;                  /* states that may be put in before it has to grow */
    _Atomic word reserved;      /* of `most`, by tickets that workers hold or have used */
    unsigned rest;              /* bits of a scrambled state that a SHORT or HALF slot stores */
};

/* The finalizer of MurmurHash3: every bit of the result depends on every bit of the state. */
static inline word mix(const word *state)
{
    word hash = state[0];
    for (unsigned i = 1;; i++) {
        hash ^= hash >> 33;
        hash *= 0xff51afd7ed558ccd;
        hash ^= hash >> 33;
        hash *= 0xc4ceb9fe1a85ec53;
        if (i >= WORDS)
            return hash;
        hash = (hash ^ hash >> 33) + state[i];
    }
}

static inline size_t table_bytes(enum kind kind, word capacity)
{
    switch (kind) {
    case DIRECT: return capacity / 8;
    case SHORT: return capacity * sizeof(uint16_t);
    case HALF: return capacity * sizeof(uint32_t);
    case WHOLE: break;
    }
    return capacity * sizeof(entry);
}

#if WORDS == 1
#include "compact.h"
#else
#include "wide.h"
#endif

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
static inline bool table_open(struct table *table, enum kind kind, word slots)
{
    table->kind = kind;
    table->capacity = table_capacity(kind, slots);
    table->slots = memory_take(table_memory(table));
    /* Linear probing slows down as a table fills. A bit that is set slows nobody down. */
    table->most = kind == DIRECT ? UINT64_MAX / 2 : table->capacity / 8 * 5;
    table->rest = table_rest(kind, table->capacity);
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
