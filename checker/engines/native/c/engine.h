/* The contract between the engine and a generated model.
 *
 * The engine (engine.c, table.h, log.h, memory.h) knows nothing of a spec. It stores, compares
 * and counts states, and a state is to it nothing but WORDS words. What a state means is known
 * to the generated file alone. The two are compiled separately, with the same WORDS, and linked
 * into one executable.
 *
 * THE STATE. One state has one code: equal states have equal words. All bits that carry nothing
 * are zero, and so are the two highest bits of word 0: a state of one word leaves room for the
 * table's mark.
 * States are ordered by their words, word 0 first; the engine breaks every tie by this order, so
 * that its answer does not depend on which thread came first.
 *
 * WHAT THE GENERATED FILE DEFINES
 *
 *   const struct model model
 *       Counts and names of what follows.
 *   unsigned successors(struct work *work, const word *before)
 *       For each step: try_step() with its label, and emit() (model.h) for each of its results that
 *       is possible in `before`. A step that has just one result, no check in it and no property
 *       to judge may be left out where is_repeat() says so, or without_repeats() of many. Calls
 *       fail() once for each step that a false check ends. Sets work->fired[l] for the location l
 *       of each step emitted. Judges each step by the step invariants that are open. Says whether
 *       any instance is ENABLED (a step that fails counts: it was enabled), and whether any is
 *       BLOCKED: waits at a location for a lock that somebody holds.
 *   void examine(struct work *work, const word *state)
 *       Judges a new state by the open properties of states, with found_state(), and sets
 *       work->seen[a] for the antecedents a that are true.
 *   void canonical(word *states, size_t count), where `model.canonical` is set
 *       Replaces each state by the representative of all that are the same to the model. The
 *       engine then stores representatives only; `before` and `state` above are some.
 *   unsigned reduced(struct work *work, const word *before), where `model.reduced` is set
 *       As successors(), but may leave out what need not be tried in this state; then it does not
 *       say whether any instance is BLOCKED. The engine expands states with it.
 *   void start(struct work *work, const word *state, unsigned instance)
 *       Calls emit() for each way in which the instance gets from `state` to its first await.
 *   bool unfinished(const word *state)
 *       Whether an instance that is no daemon is not done.
 *   void wait_chains(const word *state, unsigned *holder)
 *       For each instance the number plus one of the instance that holds the lock it waits for,
 *       NOT_WAITING where it waits for none or the lock is free, FINISHED where it is done.
 *
 * and, through `model`, where there are liveness properties:
 *
 *   void turns(struct work *work, const word *before)
 *       As successors(), and after each instance calls took() (model.h) with its number and what
 *       successors() would have said of it alone.
 *   bool goal(unsigned property, const word *state)
 *       Whether what shall happen at last is true.
 *   bool premise(unsigned property, const word *state)
 *       Whether it has to happen from here on, for a property that is `asked`.
 *
 * These functions read the state they are given and write nothing but what `work` offers, so
 * any number of threads may call them at once, each with its own `work`.
 *
 * PROPERTIES have numbers. Number DEADLOCK is the engine's own; the numbers of the other implicit
 * ones (see IMPLICIT in checker/ir/system.py) and of the declared ones are the generated file's
 * business. work->open[p] is true until p has been decided: a property that was found on one level
 * is closed before the next, since a shorter path can not come any more.
 */
#ifndef ENGINE_H
#define ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef WORDS
#error "WORDS, the number of words of a state, has to be given on the command line"
#endif

typedef uint64_t word;       /* a code, or a part of a state */
typedef int64_t number;      /* a value of Int, Wrapping or Range */

enum { DEADLOCK = 0 };
enum { ENABLED = 1, BLOCKED = 2 };
enum { NOT_WAITING = 0, FINISHED = UINT32_MAX };
enum { INDEPENDENT = '0', OF_SAME_KEY = '1', DEPENDENT = '2' };
enum { UNFAIR = 0, WEAK = 1, STRONG = 2 };

/* The values that one variable has in the initial states, each as the words of a state in which
 * everything else is zero. The initial states combine all values of all variables. */
struct initial {
    unsigned count;
    const word *values;
};

/* The steps from one location: of which instances, from the first, and their labels likewise. */
struct steps {
    unsigned instance, count, label;
};

/* A part of a state, of 1 to 6 bits: all or most of those of a variable, or of some neighbours. */
struct field {
    unsigned word, shift, width;
};

struct work;

struct model {
    unsigned bits;                  /* of a state of one word: those above are always zero */
    unsigned instances;
    unsigned locations;
    const struct steps *steps;      /* by location */
    const char *dependences;        /* by location and location, for steps of two different
                                     * instances: see INDEPENDENT; NULL: not known */
    unsigned properties;
    unsigned antecedents;
    unsigned variables;             /* those in `initial` */
    const struct initial *initial;
    const bool *witnessed;          /* by property: finding it is no violation */
    void (*canonical)(word *states, size_t count);  /* NULL: each state stands for itself */
    unsigned (*reduced)(struct work *work, const word *before);    /* NULL: all is tried */

    /* For liveness; the properties with the highest numbers are those. */
    unsigned lives;                 /* such properties */
    const bool *asked;              /* of each: begins wherever the premise is true (leads_to) */
    const unsigned char *fair;      /* by instance: what fairness it asks for */
    unsigned field_count;
    const struct field *fields;     /* by the bits where they begin; none has a bit of another */
    void (*turns)(struct work *work, const word *before);
    bool (*goal)(unsigned property, const word *state);
    bool (*premise)(unsigned property, const word *state);
};

/* What the generated functions see of the worker that calls them. */
struct work {
    word *next;                     /* where the next successor goes, WORDS words */
    const word *end;                /* of the room for successors */
    const word *room;               /* where it begins */
    uint16_t *labels;               /* of the steps to the successors in it */
    const word *repeats;            /* labels as bits: their successors are met elsewhere */
    const word *itself;             /* a successor that is known without looking it up */
    uint16_t label;                 /* of the step that is tried */
    bool repeated;                  /* whether it is one of those */
    uint64_t passed;                /* successors that were only counted, for either reason */
    const bool *open;
    bool *seen;
    bool *fired;
    struct turn *turn;              /* by instance, for took() */
};

/* What an instance did in a state: up to where the successors are its own or earlier ones', and
 * what successors() says. */
struct turn {
    const word *end;
    unsigned possible;
};

/* Defined by the generated file. */
extern const struct model model;
unsigned successors(struct work *work, const word *before);
void examine(struct work *work, const word *state);
void start(struct work *work, const word *state, unsigned instance);
bool unfinished(const word *state);
void wait_chains(const word *state, unsigned *holder);

/* Defined by the engine. */
void more_room(struct work *work);                    /* for successors; called by emit() */
void found_state(struct work *work, unsigned property, const word *state);
void found_step(struct work *work, unsigned property, const word *before, const word *after);
void fail(struct work *work, unsigned property, const word *before);

static inline void copy(word *to, const word *from)
{
    for (unsigned i = 0; i < WORDS; i++)
        to[i] = from[i];
}

static inline bool equal(const word *a, const word *b)
{
    word difference = 0;
    for (unsigned i = 0; i < WORDS; i++)
        difference |= a[i] ^ b[i];
    return difference == 0;
}

#endif
