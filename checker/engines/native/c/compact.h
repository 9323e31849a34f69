/* What the kinds of table do with a code; see table.h. */
#ifndef COMPACT_H
#define COMPACT_H

#define STEP_BITS 8                     /* of a slot: the displacement plus one, 0 in empty slots */
#define MOST_STEPS ((1u << STEP_BITS) - 2)
#define DIRECT_BITS 25                  /* codes up to this width have a bit each from the start */
#define DIRECT_MOST 40                  /* and wider ones than this never do */
#define DIRECT_WORTH 4                  /* times the memory of slots, for that it is the fastest */

static inline word table_capacity(enum kind kind, word slots, unsigned bits)
{
    if (kind != DIRECT)
        return slots;
    return bits < 6 ? 64 : (word)1 << bits;
}

static inline unsigned table_rest(enum kind kind, word capacity, unsigned bits)
{
    if (kind != SHORT && kind != HALF)
        return 0;
    return bits - (unsigned)__builtin_ctzll(capacity);
}

/* The best kind for a table of at least so many slots, a power of two, within `room` bytes, for
 * codes of so many bits. */
static inline enum kind table_kind(word slots, size_t room, unsigned bits)
{
    const unsigned known = (unsigned)__builtin_ctzll(slots);
    const unsigned rest = bits > known ? bits - known : 0;
    const enum kind kind = rest <= 16 - STEP_BITS ? SHORT : rest <= 32 - STEP_BITS ? HALF : WHOLE;
    if (bits > DIRECT_MOST)
        return kind;
    const size_t direct = table_bytes(DIRECT, table_capacity(DIRECT, slots, bits));
    const bool worth = direct <= DIRECT_WORTH * table_bytes(kind, slots);
    return (bits <= DIRECT_BITS || worth) && direct <= room ? DIRECT : kind;
}

/* ── a bijection on the bits of a code, and back ──────────────────────────────────────────── */

#define FACTOR 0xd1342543de82ef95
#define INVERSE 0x572b5ee77a54e3bd       /* of FACTOR, modulo 2^64 */

/* Each of its parts is a bijection: a shift by half the width undoes itself. */
static inline word scramble(word code, unsigned bits)
{
    const unsigned half = (bits + 1) / 2;
    const word mask = ((word)1 << bits) - 1;
    word mixed = code ^ code >> half;
    mixed = mixed * FACTOR & mask;
    mixed ^= mixed >> half;
    mixed = mixed * FACTOR & mask;
    return mixed ^ mixed >> half;
}

static inline word unscramble(word mixed, unsigned bits)
{
    const unsigned half = (bits + 1) / 2;
    const word mask = ((word)1 << bits) - 1;
    mixed ^= mixed >> half;
    mixed = mixed * INVERSE & mask;
    mixed ^= mixed >> half;
    mixed = mixed * INVERSE & mask;
    return mixed ^ mixed >> half;
}

/* ── places ───────────────────────────────────────────────────────────────────────────────── */

/* The finalizer of MurmurHash3: every bit of the result depends on every bit of the code. */
static inline word hash_of(word code)
{
    code ^= code >> 33;
    code *= 0xff51afd7ed558ccd;
    code ^= code >> 33;
    code *= 0xc4ceb9fe1a85ec53;
    return code;
}

/* How a code is looked up: the place where that begins, and what the slot there holds if it is its
 * own. A DIRECT table has its own bit at the place. */
struct probe {
    word place;
    word slot;
};

static inline struct probe compact_probe(const struct table *table, word mixed)
{
    const word rest = mixed & (((word)1 << table->rest) - 1);
    return (struct probe){mixed >> table->rest, rest << STEP_BITS | 1};
}

static inline struct probe table_probe(const struct table *table, word code)
{
    if (table->kind == DIRECT)
        return (struct probe){code, 1};
    if (table->kind == WHOLE)
        return (struct probe){(word)((unsigned __int128)hash_of(code) * table->capacity >> 64),
                              code | TAKEN};
    return compact_probe(table, scramble(code, table->bits));
}

/* Where the memory of a place begins. */
static inline const void *table_address(const struct table *table, word place)
{
    const char *slots = table->slots;
    switch (table->kind) {
    case DIRECT: return slots + place / 8;
    case SHORT: return slots + place * sizeof(uint16_t);
    case HALF: return slots + place * sizeof(uint32_t);
    case WHOLE: break;
    }
    return slots + place * sizeof(word);
}

/* ── slots ────────────────────────────────────────────────────────────────────────────────── */

static inline enum insertion insert_direct(const struct table *table, word place)
{
    _Atomic word *bits = (_Atomic word *)table->slots + place / 64;
    const word bit = (word)1 << place % 64;
    if (atomic_load_explicit(bits, memory_order_relaxed) & bit)
        return KNOWN;
    return atomic_fetch_or_explicit(bits, bit, memory_order_relaxed) & bit ? KNOWN : NEW;
}

static inline enum insertion insert_whole(const struct table *table, word place, word mine)
{
    for (;; place = place + 1 == table->capacity ? 0 : place + 1) {
        _Atomic word *slot = (_Atomic word *)table->slots + place;
        word there = atomic_load_explicit(slot, memory_order_relaxed);
        if (there == 0 && atomic_compare_exchange_strong_explicit(
                slot, &there, mine, memory_order_relaxed, memory_order_relaxed))
            return NEW;
        if (there == mine)
            return KNOWN;
    }
}

/* SHORT and HALF differ in the type of their slots only. */
#define COMPACT(slot_type, insert, find)                                                        \
static inline enum insertion insert(const struct table *table, word place, slot_type mine)      \
{                                                                                               \
    for (unsigned steps = 0; steps <= MOST_STEPS; steps++, mine++) {                            \
        _Atomic slot_type *slot = (_Atomic slot_type *)table->slots + place;                    \
        slot_type there = atomic_load_explicit(slot, memory_order_relaxed);                     \
        if (there == 0 && atomic_compare_exchange_strong_explicit(                              \
                slot, &there, mine, memory_order_relaxed, memory_order_relaxed))                \
            return NEW;                                                                         \
        if (there == mine)                                                                      \
            return KNOWN;                                                                       \
        place = place + 1 == table->capacity ? 0 : place + 1;                                   \
    }                                                                                           \
    return NO_ROOM;                                                                             \
}                                                                                               \
                                                                                                \
static inline word find(const struct table *table, word place, slot_type mine)                  \
{                                                                                               \
    for (;; mine++) {                                                                           \
        _Atomic slot_type *slot = (_Atomic slot_type *)table->slots + place;                    \
        if (atomic_load_explicit(slot, memory_order_relaxed) == mine)                           \
            return place;                                                                       \
        place = place + 1 == table->capacity ? 0 : place + 1;                                   \
    }                                                                                           \
}

COMPACT(uint16_t, insert_short, find_short)
COMPACT(uint32_t, insert_half, find_half)

/* Puts a code in. NO_ROOM where the slots around its place are all taken: the table has to grow. */
static inline enum insertion table_insert(const struct table *table, struct probe probe)
{
    switch (table->kind) {
    case DIRECT: return insert_direct(table, probe.place);
    case SHORT: return insert_short(table, probe.place, (uint16_t)probe.slot);
    case HALF: return insert_half(table, probe.place, (uint32_t)probe.slot);
    case WHOLE: break;
    }
    return insert_whole(table, probe.place, probe.slot);
}

/* The scrambled code that a SHORT or HALF slot holds. */
static inline word compact_mixed(const struct table *table, word place, word slot)
{
    const word steps = (slot & ((1u << STEP_BITS) - 1)) - 1;
    const word begin = place < steps ? place + table->capacity - steps : place - steps;
    return begin << table->rest | slot >> STEP_BITS;
}

/* What a slot holds, or 0. Only while nobody puts anything in. */
static inline word table_slot(const struct table *table, word place)
{
    switch (table->kind) {
    case DIRECT: return ((const word *)table->slots)[place / 64] >> place % 64 & 1;
    case SHORT: return ((const uint16_t *)table->slots)[place];
    case HALF: return ((const uint32_t *)table->slots)[place];
    case WHOLE: break;
    }
    return ((const word *)table->slots)[place];
}

/* The code in a slot, or 0; false where there is none. Only while nobody puts anything in. */
static inline bool table_read_code(const struct table *table, word place, word *code)
{
    const word slot = table_slot(table, place);
    if (slot == 0)
        *code = 0;
    else if (table->kind == DIRECT)
        *code = place;
    else if (table->kind == WHOLE)
        *code = slot & ~TAKEN;
    else
        *code = unscramble(compact_mixed(table, place, slot), table->bits);
    return slot != 0;
}

/* Whether what scrambles a code is the same in both. */
static inline bool table_mixes_alike(const struct table *one, const struct table *other)
{
    return one->kind != DIRECT && one->kind != WHOLE && other->kind != DIRECT
           && other->kind != WHOLE && one->bits == other->bits && one->low == other->low;
}

/* The place of a code that is in the table. Only while nobody puts anything in. */
static inline word table_find(const struct table *table, struct probe probe)
{
    word place = probe.place;
    switch (table->kind) {
    case DIRECT: return place;
    case SHORT: return find_short(table, place, (uint16_t)probe.slot);
    case HALF: return find_half(table, place, (uint32_t)probe.slot);
    case WHOLE: break;
    }
    while (((const word *)table->slots)[place] != probe.slot)
        place = place + 1 == table->capacity ? 0 : place + 1;
    return place;
}

#endif
