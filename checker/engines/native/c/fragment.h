/* A fragment of the graph: what is near to where runs without the goal begin.
 *
 * A part of liveness.h. Many a property that fails does so soon, by a short loop. So before all of
 * the graph is written, some thousands of its nodes are: each when it is first looked at, with a
 * number and a table of their own. A node is in a fair component if a fair loop leads through it,
 * and in none where all loops from it have been tried; lassos are those that the whole graph has.
 * Where a fragment does not suffice to know that, nothing is said.
 */
#ifndef FRAGMENT_H
#define FRAGMENT_H

#include "lasso.h"

#ifndef FRAGMENTS
#define FRAGMENTS true                  /* false, for tests of what comes after */
#endif
#define LEAST_FRAGMENT ((size_t)1 << 12)        /* nodes and stages; or */
#define FRAGMENT_PART 128                       /* one in so many of the states */
#define FRAGMENT_STEPS 64                       /* steps for each node, on average */
#define MOST_NEAR 64                            /* nodes of a level whose loops are looked for */

struct fragment {
    struct graph graph;                 /* `count` is how many nodes there may be */
    struct search *search;
    size_t nodes;                       /* that there are */
    size_t units;                       /* of all rows */
    bool full;
    uint32_t *slots;                    /* by hash: nodes plus one */
    size_t capacity;                    /* a power of two */
    struct stack states, rows, steps;
    struct stages stages;
    size_t left;                        /* stages */
    node best;                          /* where the best loop begins */
    struct way loop;
};

/* The node of a state; NO_NODE where the fragment is full. */
static node fragment_node(struct fragment *fragment, const word *state)
{
    word *const states = fragment->states.base;
    word at = hash_of_state(state);
    uint32_t *slot = &fragment->slots[at & (fragment->capacity - 1)];
    for (; *slot != 0; slot = &fragment->slots[++at & (fragment->capacity - 1)])
        if (equal(states + (size_t)(*slot - 1) * WORDS, state))
            return *slot - 1;
    fragment->full |= fragment->nodes == fragment->graph.count
        || !stack_grow(&fragment->states, (fragment->nodes + 1) * WORDS * sizeof(word))
        || !stack_grow(&fragment->rows, (fragment->nodes + 1) * sizeof(struct row));
    if (fragment->full)
        return NO_NODE;
    copy(states + fragment->nodes * WORDS, state);
    *slot = (uint32_t)++fragment->nodes;
    return *slot - 1;
}

/* Makes the row of a node, unless there is one; false where the fragment is full. */
static bool fragment_expand(void *of, node at)
{
    struct fragment *fragment = of;
    struct liveness *live = fragment->search->liveness;
    struct worker *worker = &fragment->search->workers[0];
    struct builder *builder = &live->builders[0];
    struct row *row = (struct row *)fragment->rows.base + at;
    if (row->targets != NULL)
        return true;
    worker->work.next = worker->room;
    builder->size = 0;
    expand_turns(worker, builder, fragment->graph.states + (size_t)at * WORDS);
    const size_t held = successors_held(worker), units = fragment->units + row_units(held + 1);
    for (size_t i = 0; i < held; i++) {
        word *const state = worker->room + i * WORDS;
        state[0] = model.goal(live->property, state) ? NO_NODE : fragment_node(fragment, state);
    }
    fragment->full |= !stack_grow(&fragment->steps, units * sizeof(uint32_t));
    if (fragment->full || stopped(fragment->search))
        return false;                   /* some successors may be missing */
    uint32_t *const targets = (uint32_t *)fragment->steps.base + fragment->units;
    word able;
    row->count = write_steps(live, builder, at, builder->turns, worker->room, targets, &able);
    row->targets = targets;
    row->takers = (const unsigned char *)(targets + row->count);
    fragment->units += row_units(row->count);
    graph_set_able(&fragment->graph, at, able);
    return true;
}

static bool fragment_open(struct fragment *fragment, struct search *search)
{
    const struct graph *whole = &search->liveness->graph;
    size_t most = states_stored(search) / FRAGMENT_PART;
    most = most < LEAST_FRAGMENT ? LEAST_FRAGMENT : most > MOST_STAGES ? MOST_STAGES : most;
    *fragment = (struct fragment){.search = search, .best = NO_NODE, .left = most, .capacity = 2};
    struct graph *graph = &fragment->graph;
    graph->count = most;
    graph->mask_bytes = whole->mask_bytes;
    graph->weak = whole->weak;
    graph->strong = whole->strong;
    memcpy(graph->taken, whole->taken, sizeof graph->taken);
    while (fragment->capacity < 2 * most)
        fragment->capacity *= 2;
    graph->vertices = memory_take(most * sizeof(struct vertex));
    graph->able = memory_take(most * graph->mask_bytes + 1);
    fragment->slots = memory_take(fragment->capacity * sizeof(uint32_t));
    const bool room = graph->vertices != NULL && graph->able != NULL && fragment->slots != NULL
        && stack_open(&fragment->states, most * WORDS * sizeof(word))
        && stack_open(&fragment->rows, most * sizeof(struct row))
        && stack_open(&fragment->steps, most * row_units(FRAGMENT_STEPS) * sizeof(uint32_t))
        && stages_open(&fragment->stages, graph, &search->table);
    graph->states = fragment->states.base;
    graph->rows = fragment->rows.base;
    graph->expand = fragment_expand;
    graph->of = fragment;
    return room;
}

static void fragment_close(struct fragment *fragment)
{
    const struct graph *graph = &fragment->graph;
    if (graph->vertices != NULL)
        memory_give(graph->vertices, graph->count * sizeof(struct vertex));
    if (graph->able != NULL)
        memory_give(graph->able, graph->count * graph->mask_bytes + 1);
    if (fragment->slots != NULL)
        memory_give(fragment->slots, fragment->capacity * sizeof(uint32_t));
    stack_close(&fragment->states);
    stack_close(&fragment->rows);
    stack_close(&fragment->steps);
    stages_close(&fragment->stages);
    free(fragment->loop.nodes);
}

/* Whether a fair loop leads through a node; the best so far is kept. False in `*known` where
 * that would take too much. */
static bool near_fair(struct fragment *fragment, node at, bool *known)
{
    const struct graph *graph = &fragment->graph;
    struct way tried = {0};
    *known = node_expand(graph, at);
    if (*known && stutters(graph, at)) {
        fragment->loop.count = 0;
        fragment->best = at;
        return true;
    }
    *known = *known && shortest_loop(&fragment->stages, at, SIZE_MAX, &fragment->left, &tried);
    const bool fair = tried.count > 0;
    if (fair && (fragment->best == NO_NODE || tried.count < fragment->loop.count)) {
        free(fragment->loop.nodes);
        fragment->loop = tried;
        fragment->best = at;
    } else
        free(tried.nodes);
    return fair;
}

/* Which of the smallest nodes on the last level of a walk are in fair components: how many, as far
 * as is needed to know the best loop. False where that would take too much. */
static bool near_entries(const struct search *search, const struct walk *walk, size_t *found)
{
    struct fragment *fragment = walk->graph->of;
    const size_t levels = walk->ends.count, from = walk_level(walk, levels - 1);
    const size_t count = walk_level(walk, levels) - from;
    node nodes[MOST_NEAR];
    size_t seen = 0;
    for (unsigned i = 0; i < search->crew.size && levels <= search->levels; i++)
        seen += level_bounds(search, levels)[i];
    if (count > MOST_NEAR || seen > states_stored(search) / 4 + LEAST_FRAGMENT)
        return false;
    for (size_t i = 0; i < count; i++) {
        const node at = walk_order(walk)[from + i];
        size_t place = i;
        for (; place > 0 && node_before(walk->graph, walk->table, at, nodes[place - 1]); place--)
            nodes[place] = nodes[place - 1];
        nodes[place] = at;
    }
    bool known = true, over = false;
    *found = 0;
    for (size_t i = 0; i < count && *found < MOST_ENTRIES && known && !over; i++) {
        *found += near_fair(fragment, nodes[i], &known);
        over = fragment->best != NO_NODE && fragment->loop.count == 0;
    }
    return known;
}

/* The best loop, and where it begins. */
static node near_loop(struct fragment *fragment, struct way *loop)
{
    *loop = fragment->loop;
    fragment->loop = (struct way){0};
    return fragment->best;
}

#endif
