/* A state of several words as a code of one: what is in the table of states.
 *
 * Most steps change little, so that a half of a state occurs in many states. The words of a state
 * are taken in pairs; each pair that occurs has a number; numbers are taken in pairs again, until
 * two are left (Laarman, van de Pol and Weber, Parallel recursive state compression for free, 2011).
 * These two, side by side, are the code. Nothing is lost: numbers lead back to pairs.
 *
 * Pairs get numbers without locks: who wants a new one takes the next number, writes the pair, and
 * offers it in the first empty slot; where another has put the same pair there, the number remains
 * unused. A worker remembers some pairs that it has met lately, which are nearly all that it needs.
 */
#ifndef FOLD_H
#define FOLD_H

#include <stdatomic.h>
#include <string.h>

#include "engine.h"
#include "memory.h"

#define TOGETHER (WORDS == 2 ? 1 : 2)       /* words that get a number together */
#define FIRST_PAIRS ((WORDS + TOGETHER - 1) / TOGETHER)
#define FIRST_NUMBERS 10                    /* bits of the numbers at first */
#define MOST_NUMBERS 31                     /* and at most */
#define LATELY 512                          /* pairs of a kind that a worker remembers */

/* The pairs at one place of a state. There are twice as many slots as numbers. */
struct pairs {
    word (*of)[2];                          /* by number */
    _Atomic uint32_t *slots;                /* by hash: a number plus one, or 0 */
    unsigned bits;                          /* numbers are below 2^bits */
    _Atomic uint32_t next;
};

struct fold {
    struct pairs pairs[2 * FIRST_PAIRS];    /* those of words, of pairs of those, and so on */
    size_t tables;
};

/* A pair that a worker has met, and its number plus one. */
struct recent {
    word pair[2];
    word number;
};

static inline size_t pairs_bytes(unsigned bits)
{
    return (sizeof(word[2]) + 2 * sizeof(uint32_t)) << bits;
}

/* How many are left after a round of taking two as one. */
static inline unsigned halved(unsigned count)
{
    return (count + 1) / 2;
}

static inline bool pairs_open(struct pairs *pairs, unsigned bits)
{
    char *taken = memory_take(pairs_bytes(bits));
    if (taken == NULL)
        return false;
    pairs->of = (word (*)[2])taken;
    pairs->slots = (_Atomic uint32_t *)(taken + (sizeof(word[2]) << bits));
    pairs->bits = bits;
    return true;
}

static inline bool fold_open(struct fold *fold)
{
    fold->tables = WORDS == 1 ? 0 : FIRST_PAIRS;
    for (unsigned count = FIRST_PAIRS; count > 2; count = halved(count))
        fold->tables += halved(count);
    for (size_t i = 0; i < fold->tables; i++)
        if (!pairs_open(&fold->pairs[i], FIRST_NUMBERS))
            return false;
    return true;
}

static inline size_t fold_memory(const struct fold *fold)
{
    size_t bytes = 0;
    for (size_t i = 0; i < fold->tables; i++)
        bytes += pairs_bytes(fold->pairs[i].bits);
    return bytes;
}

static inline word pair_hash(word a, word b)
{
    word hash = (a ^ b >> 31 ^ b << 33) * 0xff51afd7ed558ccd;
    hash = (hash ^ hash >> 32 ^ b) * 0xc4ceb9fe1a85ec53;
    return hash ^ hash >> 29;
}

/* The number of a pair, a new one if need be. False where there are no more numbers. */
static inline bool pairs_number(struct pairs *pairs, word a, word b, word *found)
{
    const word mask = ((word)2 << pairs->bits) - 1;
    uint32_t mine = 0;
    for (word at = pair_hash(a, b) & mask;; at = (at + 1) & mask) {
        uint32_t there = atomic_load_explicit(&pairs->slots[at], memory_order_acquire);
        if (there == 0) {
            if (mine == 0) {
                if (atomic_load_explicit(&pairs->next, memory_order_relaxed) >> pairs->bits)
                    return false;
                mine = atomic_fetch_add(&pairs->next, 1) + 1;
                if (mine > (uint32_t)1 << pairs->bits)
                    return false;
                pairs->of[mine - 1][0] = a;
                pairs->of[mine - 1][1] = b;
            }
            if (atomic_compare_exchange_strong_explicit(&pairs->slots[at], &there, mine,
                                                        memory_order_acq_rel,
                                                        memory_order_acquire))
                there = mine;
        }
        const word *pair = pairs->of[there - 1];
        if (pair[0] == a && pair[1] == b) {
            *found = there - 1;
            return true;
        }
    }
}

static inline struct recent *recent_place(struct recent *recent, word hash)
{
    return &recent[hash >> 32 & (LATELY - 1)];
}

/* The same, by way of what the worker remembers of these pairs; NULL for nothing. */
static inline bool pairs_recent(struct pairs *pairs, struct recent *recent, word a, word b,
                                word *found)
{
    if (recent == NULL)
        return pairs_number(pairs, a, b, found);
    struct recent *known = recent_place(recent, pair_hash(a, b));
    if (known->number == 0 || known->pair[0] != a || known->pair[1] != b) {
        if (!pairs_number(pairs, a, b, found))
            return false;
        *known = (struct recent){{a, b}, *found + 1};
    }
    *found = known->number - 1;
    return true;
}

/* Before fold_state(), for many states: has the slots of their first pairs brought near, and when
 * called once more, what is in these slots. Of pairs that the worker remembers, nothing. */
static inline void fold_ahead(const struct fold *fold, struct recent *recent, const word *state,
                              bool again)
{
    const struct pairs *pairs = fold->pairs;
    for (unsigned i = 0; WORDS > 1 && i < FIRST_PAIRS; i++, pairs++, recent += LATELY) {
        const unsigned second = i * TOGETHER + 1;
        const word a = state[i * TOGETHER], b = TOGETHER == 2 && second < WORDS ? state[second] : 0;
        const word hash = pair_hash(a, b);
        const struct recent *known = recent_place(recent, hash);
        if (known->number != 0 && known->pair[0] == a && known->pair[1] == b)
            continue;
        const _Atomic uint32_t *slot = &pairs->slots[hash & (((word)2 << pairs->bits) - 1)];
        if (!again)
            __builtin_prefetch((const void *)slot);
        else
            __builtin_prefetch(&pairs->of[atomic_load_explicit(slot, memory_order_relaxed)]);
    }
}

/* The two numbers of a state. `recent` is what the worker remembers, LATELY for each of the
 * tables, or NULL. False where there are no more numbers. */
static inline bool fold_state(struct fold *fold, struct recent *recent, const word *state,
                              word *numbers)
{
    struct pairs *pairs = fold->pairs;
    word left[FIRST_PAIRS];
    for (unsigned i = 0; i < FIRST_PAIRS; i++, pairs++, recent += recent ? LATELY : 0) {
        const unsigned second = i * TOGETHER + 1;
        if (!pairs_recent(pairs, recent, state[i * TOGETHER],
                          TOGETHER == 2 && second < WORDS ? state[second] : 0, &left[i]))
            return false;
    }
    for (unsigned count = FIRST_PAIRS; count > 2; count = halved(count))
        for (unsigned i = 0; i < count; i += 2, pairs++, recent += recent ? LATELY : 0)
            if (!pairs_recent(pairs, recent, left[i], i + 1 < count ? left[i + 1] : 0,
                              &left[i / 2]))
                return false;
    numbers[0] = left[0];
    numbers[1] = left[1];
    return true;
}

static inline void unfold_round(const struct pairs *pairs, unsigned count, word *left)
{
    for (unsigned i = halved(count); i-- > 0;) {
        const word *pair = pairs[i].of[left[i]];
        left[2 * i] = pair[0];
        if (2 * i + 1 < count)
            left[2 * i + 1] = pair[1];
    }
}

/* The state that has these numbers. */
static inline void unfold(const struct fold *fold, const word *numbers, word *state)
{
    unsigned counts[FIRST_PAIRS + 1], rounds = 0;
    const struct pairs *pairs = fold->pairs + fold->tables;
    word left[FIRST_PAIRS + 1] = {numbers[0], numbers[1]};
    for (unsigned count = FIRST_PAIRS; count > 2; count = halved(count))
        counts[rounds++] = count;
    while (rounds > 0) {
        const unsigned count = counts[--rounds];
        pairs -= halved(count);
        unfold_round(pairs, count, left);
    }
    for (unsigned i = 0; i < FIRST_PAIRS; i++) {
        const word *pair = fold->pairs[i].of[left[i]];
        state[i * TOGETHER] = pair[0];
        if (TOGETHER == 2 && i * TOGETHER + 1 < WORDS)
            state[i * TOGETHER + 1] = pair[1];
    }
}

/* More numbers, and as many more slots; the pairs keep theirs. False without memory for that. */
static inline bool pairs_grow(struct pairs *pairs)
{
    struct pairs wider;
    const unsigned bits = pairs->bits < 16 ? pairs->bits + 2 : pairs->bits + 1;
    if (bits > MOST_NUMBERS || !pairs_open(&wider, bits))
        return false;
    const word mask = ((word)2 << bits) - 1;
    memcpy(wider.of, pairs->of, sizeof(word[2]) << pairs->bits);
    /* From the slots: a number that remained unused is in none. */
    for (word from = 0; from < (word)2 << pairs->bits; from++) {
        const uint32_t held = pairs->slots[from];
        if (held == 0)
            continue;
        word at = pair_hash(wider.of[held - 1][0], wider.of[held - 1][1]) & mask;
        while (wider.slots[at] != 0)
            at = (at + 1) & mask;
        atomic_store_explicit(&wider.slots[at], held, memory_order_relaxed);
    }
    memory_give(pairs->of, pairs_bytes(pairs->bits));
    wider.next = (uint32_t)1 << pairs->bits;
    *pairs = wider;
    return true;
}

/* Gives more numbers to those that have none left. False without memory for that. */
static inline bool fold_grow(struct fold *fold)
{
    for (size_t i = 0; i < fold->tables; i++)
        if (fold->pairs[i].next >> fold->pairs[i].bits && !pairs_grow(&fold->pairs[i]))
            return false;
    return true;
}

#endif
