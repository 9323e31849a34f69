/* Slots for states of several words; see table.h. */
#ifndef WIDE_H
#define WIDE_H

static inline enum kind table_kind(word slots, size_t room)
{
    (void)slots, (void)room;
    return WHOLE;
}

static inline word table_capacity(enum kind kind, word slots)
{
    (void)kind;
    return slots;
}

static inline unsigned table_rest(enum kind kind, word capacity)
{
    (void)kind, (void)capacity;
    return 0;
}

static inline word table_place(const struct table *table, const word *state)
{
    return (word)((unsigned __int128)mix(state) * table->capacity >> 64);
}

static inline const void *table_address(const struct table *table, word place)
{
    return (entry *)table->slots + place;
}

/* Waits until the owner of the slot has written all of it. */
static inline word table_ready(_Atomic word *first)
{
    word there;
    do
        there = atomic_load_explicit(first, memory_order_acquire);
    while (!(there & READY));
    return there;
}

static inline bool table_rest_equal(entry *slot, const word *state)
{
    word difference = 0;
    for (unsigned i = 1; i < WORDS; i++)
        difference |= atomic_load_explicit(&(*slot)[i], memory_order_relaxed) ^ state[i];
    return difference == 0;
}

/* Puts a state in, from its place on. The table must have an empty slot. */
static inline enum insertion table_insert(const struct table *table, word place,
                                          const word *state)
{
    const word mine = state[0] | TAKEN;
    for (;;) {
        entry *slot = (entry *)table->slots + place;
        _Atomic word *first = &(*slot)[0];
        word there = atomic_load_explicit(first, memory_order_acquire);
        if (there == 0 && atomic_compare_exchange_strong_explicit(
                first, &there, mine, memory_order_acquire, memory_order_acquire)) {
            for (unsigned i = 1; i < WORDS; i++)
                atomic_store_explicit(&(*slot)[i], state[i], memory_order_relaxed);
            atomic_store_explicit(first, mine | READY, memory_order_release);
            return NEW;
        }
        if ((there | READY) == (mine | READY)) {
            table_ready(first);
            if (table_rest_equal(slot, state))
                return KNOWN;
        }
        if (++place == table->capacity)
            place = 0;
    }
}

/* The state in a slot; false where there is none. Only while nobody puts anything in. */
static inline bool table_read(const struct table *table, word place, word *state)
{
    entry *slot = (entry *)table->slots + place;
    for (unsigned i = 0; i < WORDS; i++)
        state[i] = atomic_load_explicit(&(*slot)[i], memory_order_relaxed);
    if (state[0] == 0)
        return false;
    state[0] &= ~SPARE_BITS;
    return true;
}

/* The slot of a state that is in the table. Only while nobody puts anything in. */
static inline word table_find(const struct table *table, word place, const word *state)
{
    for (;;) {
        entry *slot = (entry *)table->slots + place;
        const word first = atomic_load_explicit(&(*slot)[0], memory_order_relaxed);
        if (first == (state[0] | TAKEN | READY) && table_rest_equal(slot, state))
            return place;
        if (++place == table->capacity)
            place = 0;
    }
}

#endif
