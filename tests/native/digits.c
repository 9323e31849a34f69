/* A model written by hand: three digits modulo MODULUS, each of which can be counted up.
 *
 * They lie in the first word, or, where there are several, in the first and the last, so that
 * states exist that differ in the last word alone. Property 1 fails in states (a quarter of the way
 * to the last one), 2 is witnessed in the last state, 3 fails in steps (half of the way). Each digit is an instance of
 * its own, and no step depends on another's.
 */
#include "model.h"

#define LAST (WORDS - 1)
#define HALF_WAY (3 * (MODULUS - 1) / 2)    /* of the steps to the last state */

#ifndef BITS
#define BITS 50
#endif
#define APART (BITS / 3)                    /* from one digit to the next */

static const struct {
    unsigned at, shift;
} digit[3] = {{0, 0}, {0, APART}, {LAST, 2 * APART}};

static unsigned get(const word *s, unsigned i)
{
    return (unsigned)bits(s[digit[i].at], digit[i].shift, APART < 10 ? APART : 10);
}

static unsigned sum(const word *s)
{
    return get(s, 0) + get(s, 1) + get(s, 2);
}

unsigned successors(struct work *work, const word *before)
{
    for (unsigned i = 0; i < 3; i++) {
        word s[WORDS];
        copy(s, before);
        try_step(work, i + 1);
        put(&s[digit[i].at], digit[i].shift, APART < 10 ? APART : 10, (get(s, i) + 1) % MODULUS);
        work->fired[i] = true;
        if (work->open[3] && sum(before) == HALF_WAY - 1 && sum(s) == HALF_WAY)
            found_step(work, 3, before, s);
        emit(work, s);
    }
    return ENABLED;
}

void examine(struct work *work, const word *state)
{
    if (work->open[1] && sum(state) == HALF_WAY / 2)
        found_state(work, 1, state);
    if (work->open[2] && sum(state) == 2 * HALF_WAY)
        found_state(work, 2, state);
    if (!work->seen[0] && get(state, 2) == 2)
        work->seen[0] = true;
}

void start(struct work *work, const word *state, unsigned instance)
{
    (void)instance;
    emit(work, state);
}

bool unfinished(const word *state)
{
    (void)state;
    return true;
}

void wait_chains(const word *state, unsigned *holder)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++)
        holder[i] = NOT_WAITING;
}

static const struct steps steps[] = {{0, 1, 1}, {1, 1, 2}, {2, 1, 3}};
static const char dependences[] = "200" "020" "002";
static const bool witnessed[] = {false, false, true, false};

const struct model model = {
    .bits = BITS,
    .instances = 3,
    .locations = 3,
    .steps = steps,
    .dependences = dependences,
    .properties = 4,
    .antecedents = 1,
    .variables = 0,
    .initial = NULL,
    .witnessed = witnessed,
};
