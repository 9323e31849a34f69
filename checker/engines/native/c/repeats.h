/* Successors that are sure to be met elsewhere, and need not be looked up here.
 *
 * Where steps d and c are independent (checker/ir/commuting.py), taking d and then c leads to the
 * same state as c and then d. So most states are met many times, once for each order of the steps
 * that lead there. Each step of an instance from a location has a number, its label, and they have an
 * order. In a state that was first met by step d, all c are passed over that are independent of d and
 * come before it: they are counted and judged, but their successors are not looked up in the table.
 *
 * No state is missed, and each is still met on its level. Let t be a state of level k + 1, met
 * by step c from a state x of level k, and passed over there. x was first met by some d from y. c
 * was possible in y, since d does not enable it. So x' = (c from y) is on level k, too: not later,
 * as y is on level k - 1, and not earlier, as d leads from x' to t. That is a meeting of t by
 * d, which comes later. Labels are finite: some meeting of t is not passed over.
 *
 * Any order will do. Here that of locations counts first, then that of instances backwards: what is
 * changed last on the way to a state are then the instances with the lowest bits, so that a worker
 * meets one after another states that lie beside each other in the table.
 *
 * This is a sleep set of the last step alone (Godefroid, Using partial orders to improve automatic
 * verification methods, CAV 1990); that it keeps all states when levels are searched in order, cf.
 * Bosnacki, Elkind, Genest and Peled, On commutativity based edge lean search, 2009. It is not used
 * where some states stand for others, or some are not expanded in full.
 */
#ifndef REPEATS_H
#define REPEATS_H

#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "memory.h"

/* No state: see engine.h for the two highest bits of its first word. */
static const word NO_STATE[WORDS] = {~(word)0};

#define MOST_LABELS 4096                /* the table of pairs then takes 2 MiB */

/* By label a set of labels, as bits: what is passed over in states that were first met by it. */
struct repeats {
    word *rows;
    size_t words;                       /* of a row */
    bool used;
};

/* The labels by which the states of one level were met, in the order of the worker's log. Where
 * some are missing (after a restart from a checkpoint), those states have label 0: nothing is
 * passed over in them. */
struct labels {
    uint16_t *of;
    size_t count, room;
};

static inline const word *repeats_row(const struct repeats *repeats, unsigned label)
{
    return repeats->rows + (repeats->used ? label * repeats->words : 0);
}

static bool independent(const struct steps *one, unsigned i, const struct steps *other, unsigned j)
{
    const char how = model.dependences[(one - model.steps) * model.locations
                                       + (other - model.steps)];
    return how == INDEPENDENT ? one->instance + i != other->instance + j
                              : how == OF_SAME_KEY && i != j;
}

static void fill_row(word *row, const struct steps *one, unsigned i)
{
    for (const struct steps *other = model.steps; other <= one; other++)
        for (unsigned j = 0; j < other->count; j++) {
            const unsigned label = other->label + j;
            if ((other < one || j > i) && independent(one, i, other, j))
                row[label / 64] |= (word)1 << label % 64;
        }
}

/* False where there is no memory for it. */
static bool repeats_open(struct repeats *repeats)
{
    size_t labels = 1;
    for (unsigned l = 0; l < model.locations; l++)
        labels += model.steps[l].count;
    repeats->used = labels <= MOST_LABELS && model.dependences != NULL;
    repeats->words = labels / 64 + 1;
    repeats->rows = calloc((repeats->used ? labels : 1) * repeats->words, sizeof(word));
    if (repeats->rows == NULL)
        return false;
    for (unsigned l = 0; repeats->used && l < model.locations; l++)
        for (unsigned i = 0; i < model.steps[l].count; i++)
            fill_row(repeats->rows + (model.steps[l].label + i) * repeats->words,
                     &model.steps[l], i);
    return true;
}

/* False where there is no memory for it. */
static bool labels_append(struct labels *labels, uint16_t label)
{
    if (labels->count == labels->room) {
        const size_t room = labels->room ? 2 * labels->room : 4096;
        uint16_t *wider = memory_take(room * sizeof *wider);
        if (wider == NULL)
            return false;
        if (labels->room) {
            memcpy(wider, labels->of, labels->count * sizeof *wider);
            memory_give(labels->of, labels->room * sizeof *wider);
        }
        labels->of = wider;
        labels->room = room;
    }
    labels->of[labels->count++] = label;
    return true;
}

#endif
