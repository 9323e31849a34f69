/* The set of the states seen: an open-addressing hash table of whole states, without locks.
 *
 * A slot holds a state, marked by the two bits that no state uses (see SPARE_BITS): TAKEN tells
 * it from an empty slot, and, where a state has several words, READY says that all of them are
 * there. Whoever turns the empty word 0 of a slot into its own with one compare-and-swap owns
 * the slot; others that look for a state with the same word 0 wait for READY, which is a few
 * instructions away.
 *
 * The hash is a bijection on the 64 bits, and its high bits choose the slot (by multiplication
 * with the capacity, which so can be any number). Growing keeps the order of the slots, and
 * reads and writes memory in sequence.
 */
#ifndef TABLE_H
#define TABLE_H

#include <stdatomic.h>

#include "engine.h"
#include "memory.h"

#define TAKEN ((word)1 << 63)
#define READY ((word)1 << 62)

typedef _Atomic word entry[WORDS];

struct table {
    entry *slots;
    word capacity;
    word most;                  /* states that may be put in before it has to grow */
    _Atomic word reserved;      /* of `most`, by tickets that workers hold or have used */
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

static inline word table_place(const struct table *table, const word *state)
{
    return (word)((unsigned __int128)mix(state) * table->capacity >> 64);
}

static inline void table_prefetch(const struct table *table, word place)
{
    __builtin_prefetch((const void *)&table->slots[place]);
}

#if WORDS == 1

/* Puts a state in, from its place on; whether it is new. The table must have an empty slot. */
static inline bool table_insert(const struct table *table, word place, const word *state)
{
    const word mine = state[0] | TAKEN;
    for (;;) {
        _Atomic word *slot = &table->slots[place][0];
        word there = atomic_load_explicit(slot, memory_order_relaxed);
        if (there == mine)
            return false;
        if (there == 0 && atomic_compare_exchange_strong_explicit(
                slot, &there, mine, memory_order_relaxed, memory_order_relaxed))
            return true;
        if (there == mine)
            return false;
        if (++place == table->capacity)
            place = 0;
    }
}

/* Where a state is that was put in, from its place on. Only while nobody puts anything in. */
static inline word table_find(const struct table *table, word place, const word *state)
{
    const word mine = state[0] | TAKEN;
    while (atomic_load_explicit(&table->slots[place][0], memory_order_relaxed) != mine)
        if (++place == table->capacity)
            place = 0;
    return place;
}

#else

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

/* Puts a state in, from its place on; whether it is new. The table must have an empty slot. */
static inline bool table_insert(const struct table *table, word place, const word *state)
{
    const word mine = state[0] | TAKEN;
    for (;;) {
        entry *slot = &table->slots[place];
        _Atomic word *first = &(*slot)[0];
        word there = atomic_load_explicit(first, memory_order_acquire);
        if (there == 0 && atomic_compare_exchange_strong_explicit(
                first, &there, mine, memory_order_acquire, memory_order_acquire)) {
            for (unsigned i = 1; i < WORDS; i++)
                atomic_store_explicit(&(*slot)[i], state[i], memory_order_relaxed);
            atomic_store_explicit(first, mine | READY, memory_order_release);
            return true;
        }
        if ((there | READY) == (mine | READY)) {
            table_ready(first);
            if (table_rest_equal(slot, state))
                return false;
        }
        if (++place == table->capacity)
            place = 0;
    }
}

/* Where a state is that was put in, from its place on. Only while nobody puts anything in. */
static inline word table_find(const struct table *table, word place, const word *state)
{
    const word mine = state[0] | TAKEN | READY;
    while (atomic_load_explicit(&table->slots[place][0], memory_order_relaxed) != mine
           || !table_rest_equal(&table->slots[place], state))
        if (++place == table->capacity)
            place = 0;
    return place;
}

#endif

/* The places that there are: table_find() gives one of them, table_read() takes any. */
static inline word table_indices(const struct table *table)
{
    return table->capacity;
}

/* The state in a slot; false where there is none. Only while nobody puts anything in. */
static inline bool table_read(const struct table *table, word place, word *state)
{
    for (unsigned i = 0; i < WORDS; i++)
        state[i] = atomic_load_explicit(&table->slots[place][i], memory_order_relaxed);
    if (state[0] == 0)
        return false;
    state[0] &= ~SPARE_BITS;
    return true;
}

/* Linear probing slows down as the table fills; beyond `most` it grows. */
static inline bool table_open(struct table *table, word capacity)
{
    table->slots = memory_take(capacity * sizeof(entry));
    table->capacity = capacity;
    table->most = capacity / 8 * 5;
    atomic_store(&table->reserved, 0);
    return table->slots != NULL;
}

static inline void table_close(struct table *table)
{
    memory_give(table->slots, table->capacity * sizeof(entry));
}

#endif
