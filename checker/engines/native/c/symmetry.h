/* Canonical representatives: one state for all that differ by the names of their elements.
 *
 * A generated model with interchangeable elements includes this file after it has defined
 *
 *   ELEMENTS, SETS   how many elements there are, and how many sets of them
 *   set_end[]        by set: the number after its last element; elements are numbered through
 *   permute()        `from` with each element replaced by image[element], its new position within
 *                    its own set
 *   keys()           for each element what the state says of it alone
 *   colours()        where the state says more than that: see below
 *
 * Elements are sorted by their keys. Where no part of a state speaks of two elements at once, the
 * keys are all that it says, and that gives the one representative (BY_KEYS).
 *
 * Anywhere else, the keys are the first colours. No permutation changes the colour of an element.
 * Elements of one colour are twins where swapping them changes nothing, and then their order does
 * not matter. Where they are no twins, they get new colours: hashes of all that the state says of
 * them, in which other elements stand as their colours. When that tells no more elements apart,
 * each of the elements in question is tried in the first place, and the least of the states that
 * this leads to is the representative (McKay's individualization and refinement). All that is
 * decided on the way is decided by colours and twins, so the states of one orbit have one
 * representative; a collision of hashes costs time and nothing else.
 */
#ifndef SYMMETRY_H
#define SYMMETRY_H

#include "engine.h"

static inline word blend(word a, word b)
{
    const word both = (a + 0x9e3779b97f4a7c15u) ^ (b << 29 | b >> 35);
    const word x = both * 0xd6e8feb86659fd93u;
    return x ^ x >> 32;
}

static inline word blend_words(const word *words, unsigned count)
{
    word whole = count;
    for (unsigned i = 0; i < count; i++)
        whole = blend(whole, words[i]);
    return whole;
}

static const unsigned char set_end[SETS];
static void permute(word *to, const word *from, const unsigned char *image);
static void keys(const word *s, word *key);

/* Whether all elements stand where their keys put them, each with a key of its own: then the state
 * is the representative. Most are, one step away from one. */
static inline bool in_place(const word *key)
{
    bool found = true;
    unsigned begin = 0;
    for (unsigned set = 0; set < SETS; begin = set_end[set++])
        for (unsigned i = begin + 1; i < set_end[set]; i++)
            found &= key[i - 1] < key[i];
    return found;
}

/* The elements in ascending order of their keys, set by set; false where they were in order. */
static inline bool sort_elements(const word *key, unsigned char *order)
{
    bool moved = false;
    unsigned begin = 0;
    for (unsigned set = 0; set < SETS; begin = set_end[set++])
        for (unsigned i = begin; i < set_end[set]; i++) {
            unsigned at = i;
            for (; at > begin && key[order[at - 1]] > key[i]; at--)
                order[at] = order[at - 1];
            order[at] = (unsigned char)i;
            moved |= at != i;
        }
    return moved;
}

static inline void arrange(word *to, const word *from, const unsigned char *order)
{
    unsigned char image[ELEMENTS];
    unsigned begin = 0;
    for (unsigned set = 0; set < SETS; begin = set_end[set++])
        for (unsigned i = begin; i < set_end[set]; i++)
            image[order[i]] = (unsigned char)(i - begin);
    permute(to, from, image);
}

static inline void arrange_in_place(word *state, const unsigned char *order)
{
    word from[WORDS];
    copy(from, state);
    arrange(state, from, order);
}

#ifdef BY_KEYS

static inline void canonical_one(word *state)
{
    word key[ELEMENTS];
    unsigned char order[ELEMENTS];
    keys(state, key);
    if (!in_place(key) && sort_elements(key, order))
        arrange_in_place(state, order);
}

#else

static void colours(const word *s, const word *colour, word *next);

static bool twins(const word *state, unsigned a, unsigned b)
{
    unsigned char image[ELEMENTS];
    word swapped[WORDS];
    unsigned begin = 0;
    for (unsigned set = 0; set < SETS; begin = set_end[set++])
        for (unsigned i = begin; i < set_end[set]; i++)
            image[i] = (unsigned char)((i == a ? b : i == b ? a : i) - begin);
    permute(swapped, state, image);
    return equal(swapped, state);
}

static void recolour(const word *state, word *colour)
{
    word next[ELEMENTS];
    for (unsigned i = 0; i < ELEMENTS; i++)
        next[i] = blend(colour[i], 1);
    colours(state, colour, next);
    for (unsigned i = 0; i < ELEMENTS; i++)
        colour[i] = next[i];
}

/* The first run of equal colours that are not all twins: its first position, and its end. Whether
 * there is one. */
static bool undecided(const word *state, const word *colour, const unsigned char *order,
                      unsigned *first, unsigned *end)
{
    unsigned begin = 0;
    for (unsigned set = 0; set < SETS; begin = set_end[set++])
        for (*first = begin; *first < set_end[set]; *first = *end) {
            bool alike = true;
            *end = *first + 1;
            while (*end < set_end[set] && colour[order[*end]] == colour[order[*first]]) {
                alike = alike && twins(state, order[*end - 1], order[*end]);
                ++*end;
            }
            if (!alike)
                return true;
        }
    return false;
}

static unsigned count_colours(const word *colour, const unsigned char *order)
{
    unsigned count = SETS, begin = 0;
    for (unsigned set = 0; set < SETS; begin = set_end[set++])
        for (unsigned i = begin + 1; i < set_end[set]; i++)
            count += colour[order[i]] != colour[order[i - 1]];
    return count;
}

static bool less(const word *a, const word *b)
{
    for (unsigned i = 0; i < WORDS; i++)
        if (a[i] != b[i])
            return a[i] < b[i];
    return false;
}

/* `best` becomes the least of itself, where it is known, and of the states to which the
 * refinements of the colours lead. */
static void refine(const word *state, word *colour, word *best, bool *known)
{
    unsigned char order[ELEMENTS];
    unsigned first, end, count = 0;
    for (;;) {
        const bool moved = sort_elements(colour, order);
        if (!undecided(state, colour, order, &first, &end)) {
            word arranged[WORDS];
            if (moved)
                arrange(arranged, state, order);
            else
                copy(arranged, state);
            if (!*known || less(arranged, best))
                copy(best, arranged);
            *known = true;
            return;
        }
        const unsigned before = count;
        count = count_colours(colour, order);
        if (count <= before)
            break;
        recolour(state, colour);
    }
    for (unsigned i = first; i < end; i++) {
        bool tried = false;
        for (unsigned j = first; j < i && !tried; j++)
            tried = twins(state, order[i], order[j]);
        if (tried)
            continue;
        word one[ELEMENTS];
        for (unsigned k = 0; k < ELEMENTS; k++)
            one[k] = colour[k];
        one[order[i]] = blend(one[order[i]], 2);
        refine(state, one, best, known);
    }
}

static inline void canonical_one(word *state)
{
    word colour[ELEMENTS], best[WORDS];
    unsigned char order[ELEMENTS];
    keys(state, colour);
    if (in_place(colour))
        return;
    const bool moved = sort_elements(colour, order);
    if (count_colours(colour, order) == ELEMENTS) {
        if (moved)
            arrange_in_place(state, order);
        return;
    }
    bool known = false;
    recolour(state, colour);
    refine(state, colour, best, &known);
    copy(state, best);
}

#endif

static void canonical(word *states, size_t count)
{
    for (size_t i = 0; i < count; i++)
        canonical_one(states + i * WORDS);
}

#endif
