/* Numbers for some of the places of the table: the n-th marked place has the number n.
 *
 * A line of memory holds the marks of PLACES places beside the marked places before it and before
 * each of its words, so a number is found with one cache miss and one count of bits.
 */
#ifndef RANKS_H
#define RANKS_H

#include "engine.h"
#include "memory.h"

#define LINE_WORDS 6
#define PLACES (LINE_WORDS * 64)
#define NO_NODE UINT32_MAX

typedef uint32_t node;                  /* the number of a marked place */

struct line {
    node before;
    uint16_t within[LINE_WORDS];
    word marks[LINE_WORDS];
};

_Static_assert(sizeof(struct line) == 64, "one line of the cache");

struct ranks {
    struct line *lines;
    size_t size;                        /* of `lines` */
    size_t count;                       /* of marked places, after ranks_count() */
};

/* The ones among the bits; the compiler's own would be a call where the processor is not known. */
static inline node count_ones(word bits)
{
    bits -= bits >> 1 & 0x5555555555555555;
    bits = (bits & 0x3333333333333333) + (bits >> 2 & 0x3333333333333333);
    bits = (bits + (bits >> 4)) & 0x0f0f0f0f0f0f0f0f;
    return (node)(bits * 0x0101010101010101 >> 56);
}

/* Marks for so many places, none of them set; false where there is no memory for them. */
static inline bool ranks_open(struct ranks *ranks, word places)
{
    ranks->size = (places + PLACES - 1) / PLACES;
    ranks->lines = memory_take(ranks->size * sizeof(struct line));
    return ranks->lines != NULL;
}

static inline void ranks_close(struct ranks *ranks)
{
    memory_give(ranks->lines, ranks->size * sizeof(struct line));
}

/* Two threads may mark places of different lines at once. */
static inline void ranks_mark(struct ranks *ranks, word place)
{
    const unsigned at = (unsigned)(place % PLACES);
    ranks->lines[place / PLACES].marks[at / 64] |= (word)1 << at % 64;
}

static inline void ranks_count(struct ranks *ranks)
{
    size_t count = 0;
    for (size_t l = 0; l < ranks->size; l++) {
        struct line *line = &ranks->lines[l];
        line->before = (node)count;
        for (unsigned w = 0; w < LINE_WORDS; w++) {
            line->within[w] = (uint16_t)(count - line->before);
            count += count_ones(line->marks[w]);
        }
    }
    ranks->count = count;
}

static inline const void *ranks_address(const struct ranks *ranks, word place)
{
    return &ranks->lines[place / PLACES];
}

/* The number of a place; NO_NODE where it is not marked. */
static inline node ranks_number(const struct ranks *ranks, word place)
{
    const struct line *line = &ranks->lines[place / PLACES];
    const unsigned at = (unsigned)(place % PLACES), w = at / 64;
    const word bit = (word)1 << at % 64;
    if (!(line->marks[w] & bit))
        return NO_NODE;
    return line->before + line->within[w] + count_ones(line->marks[w] & (bit - 1));
}

/* The place of a number. */
static inline word ranks_place(const struct ranks *ranks, node wanted)
{
    size_t low = 0, high = ranks->size;
    while (high - low > 1) {
        const size_t middle = (low + high) / 2;
        if (ranks->lines[middle].before <= wanted)
            low = middle;
        else
            high = middle;
    }
    const struct line *line = &ranks->lines[low];
    unsigned w = LINE_WORDS - 1;
    while (line->before + line->within[w] > wanted)
        w--;
    word marks = line->marks[w];
    for (node left = wanted - line->before - line->within[w]; left > 0; left--)
        marks &= marks - 1;
    return low * PLACES + w * 64 + (unsigned)__builtin_ctzll(marks);
}

/* The first marked place from `place` on. There must be one. */
static inline word ranks_from(const struct ranks *ranks, word place)
{
    size_t l = place / PLACES;
    unsigned w = (unsigned)(place % PLACES) / 64;
    word marks = ranks->lines[l].marks[w] & ~(word)0 << place % PLACES % 64;
    while (marks == 0) {
        if (++w == LINE_WORDS) {
            l++;
            w = 0;
        }
        marks = ranks->lines[l].marks[w];
    }
    return l * PLACES + w * 64 + (unsigned)__builtin_ctzll(marks);
}

#endif
