/* The fair components of the graph: where a run can stay for ever and be fair to everybody.
 *
 * Strongly connected components by Tarjan's algorithm (Depth-first search and linear graph
 * algorithms, 1972), without recursion. Every run without the goal that goes on for ever ends up
 * in one. It is fair to a *weak* instance that takes a step in it or is unable to somewhere, and
 * to a *strong* one that takes a step in it or is unable to everywhere. A component that neglects
 * a weak instance is dropped whole, as each part of it does too; of one that neglects strong
 * instances the states go where such an instance can step, and what is left is divided again: all
 * at once, as no cycle leads through two components.
 *
 * Who steps within a component is known when it is complete: of a step to a state that is not
 * yet in a complete component both ends are in the same one.
 *
 * The mark of a node tells where it stands: below FAIR not yet in a component (UNSEEN, or the
 * number by which the search met it), from FAIR on in a fair one, or one of those below.
 */
#ifndef COMPONENTS_H
#define COMPONENTS_H

#include <signal.h>

#include "graph.h"
#include "stack.h"

#define UNSEEN 0
#define FAIR ((uint32_t)1 << 31)        /* plus the number of the component */
#define OUTSIDE (UINT32_MAX - 2)        /* has the goal, or is out of reach */
#define NEXT (UINT32_MAX - 1)           /* to be divided again */
#define DROPPED UINT32_MAX

#define LOOK_EVERY 65536                /* turns: whether somebody interrupts; and a report */
#define NEAR 16                         /* steps whose targets are prefetched */

enum outcome { DECIDED, NO_MEMORY, STOPPED };

struct frame {
    word taken;                         /* by whom, within the component so far */
    word seen;                          /* weak instances unable, strong ones able, somewhere */
    node at;
    uint32_t begin;                     /* of its row in its block */
    uint32_t next;                      /* of its steps */
    uint32_t count : 31;
    uint32_t inside : 1;                /* has a step within its component */
    uint32_t number, lowest;            /* Tarjan's */
};

_Static_assert(sizeof(struct frame) == 40, "there may be one for each node");

struct division {
    struct graph *graph;
    const volatile sig_atomic_t *interrupt;
    void (*tell)(void *of, size_t met);   /* called now and then: how many states were met */
    void *of;
    size_t turns;
    struct stack path, waiting;         /* frames; nodes whose component is not complete */
    size_t depth, waits;
    uint32_t numbers;
    uint32_t fair;                      /* components found */
    bool again;                         /* whether anything is NEXT */
};

static inline bool division_open(struct division *division, struct graph *graph,
                                 const volatile sig_atomic_t *interrupt,
                                 void (*tell)(void *of, size_t met), void *of)
{
    *division = (struct division){
        .graph = graph, .interrupt = interrupt, .tell = tell, .of = of,
    };
    return stack_open(&division->path, graph->count * sizeof(struct frame))
           && stack_open(&division->waiting, graph->count * sizeof(node));
}

static inline void division_close(struct division *division)
{
    stack_close(&division->path);
    stack_close(&division->waiting);
}

static inline const uint32_t *frame_row(const struct graph *graph, const struct frame *frame)
{
    return graph->blocks[frame->at / BLOCK] + frame->begin;
}

/* Where the row of a node is, or near it, if all rows in its block have `count` steps, as they
 * often have: for fetching it before it is known. */
static inline const uint32_t *likely_row(const struct graph *graph, node at, uint32_t count)
{
    return graph->blocks[at / BLOCK] + at % BLOCK * row_units(count);
}

static inline bool enter(struct division *division, node at)
{
    struct graph *graph = division->graph;
    if (!stack_grow(&division->path, (division->depth + 1) * sizeof(struct frame)))
        return false;
    const struct row row = graph_row(graph, at);
    for (uint32_t i = 0; i < row.count && i < NEAR; i++) {
        __builtin_prefetch(&graph->vertices[row.targets[i]], 1);
        __builtin_prefetch(likely_row(graph, row.targets[i], row.count));
    }
    const uint32_t own = ++division->numbers;
    graph->vertices[at].mark = own;
    ((struct frame *)division->path.base)[division->depth++] = (struct frame){
        .seen = graph_able(graph, at) ^ graph->weak, .at = at, .begin = row.begin,
        .count = row.count, .number = own, .lowest = own,
    };
    return true;
}

/* What becomes of the component with this root: its nodes are those that wait since. */
static void classify(struct division *division, const struct frame *root)
{
    struct graph *graph = division->graph;
    const node *waiting = division->waiting.base;
    const word neglected = graph->strong & root->seen & ~root->taken;
    uint32_t mark = DROPPED;
    if (root->inside && !(graph->weak & ~(root->taken | root->seen)))
        mark = neglected ? NEXT : FAIR + division->fair++;
    node at = root->at;
    for (;;) {
        uint32_t own = mark;
        if (mark == NEXT && graph_able(graph, at) & neglected)
            own = DROPPED;
        division->again |= own == NEXT;
        graph->vertices[at].mark = own;
        if (division->waits == 0)
            return;
        at = waiting[division->waits - 1];
        if (graph->vertices[at].mark < root->number)
            return;
        division->waits--;
        if (division->waits >= NEAR)
            __builtin_prefetch(&graph->vertices[waiting[division->waits - NEAR]], 1);
    }
}

/* Leaves the last frame, whose steps are all done. */
static bool leave(struct division *division)
{
    struct frame *frames = division->path.base, *left = &frames[--division->depth];
    struct frame *parent = division->depth ? left - 1 : NULL;
    if (left->lowest == left->number) {
        classify(division, left);
        if (parent != NULL)
            parent->next++;
        return true;
    }
    if (!stack_grow(&division->waiting, (division->waits + 1) * sizeof(node)))
        return false;
    ((node *)division->waiting.base)[division->waits++] = left->at;
    const uint32_t *row = frame_row(division->graph, parent);
    const unsigned char *takers = (const unsigned char *)(row + parent->count);
    parent->taken |= left->taken | division->graph->taken[takers[parent->next]];
    parent->seen |= left->seen;
    parent->inside = true;
    if (left->lowest < parent->lowest)
        parent->lowest = left->lowest;
    parent->next++;
    return true;
}

/* Divides what can be reached from a node, but for what is divided or dropped already. */
static enum outcome divide_from(struct division *division, node root)
{
    struct graph *graph = division->graph;
    if (!enter(division, root))
        return NO_MEMORY;
    while (division->depth > 0) {
        struct frame *frame = &((struct frame *)division->path.base)[division->depth - 1];
        const uint32_t *row = frame_row(graph, frame);
        const unsigned char *takers = (const unsigned char *)(row + frame->count);
        bool down = false;
        for (; frame->next < frame->count && !down; frame->next += !down) {
            const uint32_t mark = graph->vertices[row[frame->next]].mark;
            down = mark == UNSEEN;
            if (!down && mark < FAIR) {
                frame->taken |= graph->taken[takers[frame->next]];
                frame->inside = true;
                frame->lowest = mark < frame->lowest ? mark : frame->lowest;
            }
        }
        if (down ? !enter(division, row[frame->next]) : !leave(division))
            return NO_MEMORY;
        if (++division->turns % LOOK_EVERY == 0) {
            if (*division->interrupt)
                return STOPPED;
            division->tell(division->of, division->numbers);
        }
    }
    return DECIDED;
}

/* Marks the nodes of all fair components, among those that are UNSEEN. */
static enum outcome find_fair(struct division *division)
{
    struct graph *graph = division->graph;
    do {
        division->again = false;
        division->numbers = UNSEEN;
        for (size_t at = 0; at < graph->count; at++) {
            if (graph->vertices[at].mark != UNSEEN)
                continue;
            const enum outcome outcome = divide_from(division, (node)at);
            if (outcome != DECIDED)
                return outcome;
        }
        for (size_t at = 0; at < graph->count && division->again; at++)
            if (graph->vertices[at].mark == NEXT)
                graph->vertices[at].mark = UNSEEN;
    } while (division->again);
    return DECIDED;
}

#endif
