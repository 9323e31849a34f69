/* What generated models are written with: parts of words, arithmetic, choices. */
#ifndef MODEL_H
#define MODEL_H

#include "engine.h"

/* ── parts of words ───────────────────────────────────────────────────────────────────────── */

static inline word mask(unsigned width)
{
    return width == 64 ? ~(word)0 : ((word)1 << width) - 1;
}

static inline word bits(word whole, unsigned shift, unsigned width)
{
    return whole >> shift & mask(width);
}

static inline void put(word *whole, unsigned shift, unsigned width, word part)
{
    *whole = (*whole & ~(mask(width) << shift)) | part << shift;
}

/* ── steps ────────────────────────────────────────────────────────────────────────────────── */

/* The step with this label is tried next. */
static inline void try_step(struct work *work, unsigned label)
{
    work->label = (uint16_t)label;
    work->repeated = work->repeats[label / 64] >> label % 64 & 1;
}

/* The same for a step with one result: true where it is enough to know that there is one. */
static inline bool is_repeat(struct work *work, unsigned label)
{
    try_step(work, label);
    work->passed += work->repeated;
    return work->repeated;
}

/* Without an instruction for it, which not every processor has, the compiler calls a function. */
static inline unsigned ones(word set)
{
    set -= set >> 1 & 0x5555555555555555;
    set = (set & 0x3333333333333333) + (set >> 2 & 0x3333333333333333);
    return (unsigned)(((set + (set >> 4)) & 0x0f0f0f0f0f0f0f0f) * 0x0101010101010101 >> 56);
}

/* Steps with one result can also be tried all at once, as bits at their labels. That costs fewer
 * branches that no processor can foresee. First for each process: its instances that are ready, the
 * first of which has this label. */
static inline void add_ready(word *ready, word instances, unsigned label)
{
    ready[label / 64] |= instances << label % 64;
    if (label % 64 != 0 && instances >> (64 - label % 64) != 0)
        ready[label / 64 + 1] |= instances >> (64 - label % 64);
}

/* Then once: takes away those for which it is enough to know them; whether there were any. */
static inline bool without_repeats(struct work *work, word *ready, unsigned words)
{
    word any = 0;
    for (unsigned i = 0; i < words; i++) {
        any |= ready[i];
        work->passed += ones(ready[i] & work->repeats[i]);
        ready[i] &= ~work->repeats[i];
    }
    work->repeated = false;
    return any != 0;
}

/* What is left of the `count` instances from a label on. */
static inline word ready_from(const word *ready, unsigned label, unsigned count)
{
    word instances = ready[label / 64] >> label % 64;
    if (label % 64 + count > 64)
        instances |= ready[label / 64 + 1] << (64 - label % 64);
    return instances & mask(count);
}

/* The lowest element of a set that is not empty. */
static inline unsigned first_of(word set)
{
    return (unsigned)__builtin_ctzll(set);
}

static inline void emit(struct work *work, const word *after)
{
    if (work->repeated || equal(after, work->itself)) {
        work->passed++;
        return;
    }
    if (work->next == work->end)
        more_room(work);
    work->labels[(work->next - work->room) / WORDS] = work->label;
    copy(work->next, after);
    work->next += WORDS;
}

static inline void took(struct work *work, unsigned instance, unsigned possible)
{
    work->turn[instance] = (struct turn){work->next, possible};
}

/* ── numbers ──────────────────────────────────────────────────────────────────────────────── */

/* Division and remainder round down, as in Python; by zero both are 0. */
static inline number floor_div(number a, number b)
{
    if (b == 0)
        return 0;
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

static inline number floor_mod(number a, number b)
{
    if (b == 0)
        return 0;
    number rest = a % b;
    return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

/* a modulo m for 0 <= a < 2m, where a division would cost more than all the rest of a step. */
static inline number wrap_once(number a, number m)
{
    return a < m ? a : a - m;
}

static inline number least(number a, number b)
{
    return a < b ? a : b;
}

static inline number greatest(number a, number b)
{
    return a > b ? a : b;
}

/* The place of a number in a domain of n elements from lo; place 0 for a number outside. */
static inline word place(number a, number lo, word n)
{
    word position = (word)(a - lo);
    return position < n ? position : 0;
}

/* ── Maybe ────────────────────────────────────────────────────────────────────────────────── */

static inline word value_or(word maybe, word otherwise)
{
    return maybe ? maybe - 1 : otherwise;
}

static inline number number_or(word maybe, number lo, number otherwise)
{
    return maybe ? (number)(maybe - 1) + lo : otherwise;
}

/* The code of a Maybe of numbers from `lo`, as that of one of numbers from `from`. */
static inline word rebase_maybe(word maybe, number from, number lo)
{
    return maybe ? maybe + (word)(from - lo) : 0;
}

/* ── sets ─────────────────────────────────────────────────────────────────────────────────── */

static inline word single(word position, unsigned n)
{
    return position < n ? (word)1 << position : 0;
}

static inline number set_size(word set)
{
    return ones(set);
}

/* The mask of a set of numbers from `from`, as that of a set of numbers from `lo`. */
static inline word rebase_set(word set, number from, number lo)
{
    number shift = from - lo;
    if (shift <= -64 || shift >= 64)
        return 0;
    return shift < 0 ? set >> -shift : set << shift;
}

/* ── narrow queues: the length in the lowest bits, then the slots ────────────────────────── */

struct queue {
    unsigned length_bits;
    unsigned width;
    unsigned capacity;
};

static inline word queue_length(word queue, struct queue of)
{
    return bits(queue, 0, of.length_bits);
}

static inline word queue_head(word queue, struct queue of, word otherwise)
{
    if (queue_length(queue, of) == 0)
        return otherwise;
    return of.width ? bits(queue, of.length_bits, of.width) : 0;
}

static inline word queue_push(word queue, struct queue of, word element)
{
    word length = queue_length(queue, of);
    if (length == of.capacity)
        return queue;
    return (queue + 1) | (of.width ? element << (of.length_bits + length * of.width) : 0);
}

static inline word queue_pop(word queue, struct queue of)
{
    word length = queue_length(queue, of);
    if (length == 0)
        return queue;
    word slots = of.width ? queue >> of.length_bits : 0;
    slots = of.width == 64 ? 0 : slots >> of.width;
    return (of.width ? slots << of.length_bits : 0) | (length - 1);
}

/* ── wide values: `words` words ───────────────────────────────────────────────────────────── */

static inline bool wide_equal(const word *a, const word *b, unsigned words)
{
    for (unsigned i = 0; i < words; i++)
        if (a[i] != b[i])
            return false;
    return true;
}

static inline void wide_copy(word *to, const word *from, unsigned words)
{
    for (unsigned i = 0; i < words; i++)
        to[i] = from[i];
}

/* A wide queue: word 0 is the length; slots of `width` bits, `per` in a word, or, where `per` is
 * 0, of `width` words. The results are built in `to`, which has room for `words` words. */
struct wide_queue {
    unsigned words;
    unsigned width;
    unsigned per;
    unsigned capacity;
};

static inline const word *wide_push(word *to, const word *queue, struct wide_queue of,
                                    const word *element)
{
    word length = queue[0];
    wide_copy(to, queue, of.words);
    if (length == of.capacity)
        return to;
    to[0]++;
    if (of.per)
        put(to + 1 + length / of.per, (unsigned)(length % of.per) * of.width, of.width,
            *element);
    else
        wide_copy(to + 1 + length * of.width, element, of.width);
    return to;
}

static inline const word *wide_pop(word *to, const word *queue, struct wide_queue of)
{
    wide_copy(to, queue, of.words);
    if (queue[0] == 0)
        return to;
    to[0]--;
    for (unsigned i = 1; i < of.words; i++)
        to[i] = 0;
    for (unsigned i = 0; i < to[0]; i++) {
        unsigned from = i + 1;
        if (of.per)
            put(to + 1 + i / of.per, i % of.per * of.width, of.width,
                bits(queue[1 + from / of.per], from % of.per * of.width, of.width));
        else
            wide_copy(to + 1 + i * of.width, queue + 1 + from * of.width, of.width);
    }
    return to;
}

/* ── choices ──────────────────────────────────────────────────────────────────────────────── */

/* A step with choices runs once for each combination of options. The choices of a run are a
 * number with the earliest choice as its highest digit: the run takes the digits it finds, adds
 * zeros for choices it is the first to meet, and another() counts the last digit up. */
#ifdef CHOICES
struct choices {
    unsigned known;             /* digits */
    unsigned used;              /* by the present run, so far */
    word option[CHOICES];
    bool last[CHOICES];         /* whether the digit has no successor */
};

/* The option from which to look for one that qualifies. */
static inline word first_option(struct choices *choices)
{
    if (choices->used == choices->known)
        choices->option[choices->known++] = 0;
    return choices->option[choices->used];
}

/* Settles on an option out of `count`. */
static inline void take_option(struct choices *choices, word option, word count)
{
    choices->option[choices->used] = option;
    choices->last[choices->used] = option + 1 == count;
    choices->used++;
}

/* No option from first_option() on qualifies: this was no run, the choice before has to count. */
static inline void no_option(struct choices *choices)
{
    choices->known = choices->used;
}

/* An option out of `count` that all qualify. */
static inline word any_option(struct choices *choices, word count)
{
    word option = first_option(choices);
    take_option(choices, option, count);
    return option;
}

/* Whether there is another run; sets its choices. */
static inline bool another(struct choices *choices)
{
    while (choices->known > 0 && choices->last[choices->known - 1])
        choices->known--;
    if (choices->known == 0)
        return false;
    choices->option[choices->known - 1]++;
    choices->used = 0;
    return true;
}
#endif

#endif
