/* Lassos: a shortest way into a fair component, and a short fair loop in it.
 *
 * Numbers of nodes depend on which thread came first, so every tie is broken by the states
 * themselves, and so the lasso is the same whatever the number of threads. Ways are found by
 * going forward level by level, then back through the smallest predecessors.
 *
 * The loop is a shortest fair one where that is affordable: breadth-first over nodes paired with
 * what the way to them has served. Otherwise it goes to the nearest step that serves somebody
 * until all are served, and back.
 */
#ifndef LASSO_H
#define LASSO_H

#include <stdlib.h>

#include "components.h"
#include "table.h"

#ifndef MOST_STAGES
#define MOST_STAGES ((size_t)1 << 18)   /* looked at for one lasso, all entries together */
#endif
#define MOST_ENTRIES 8                  /* nodes at the same distance, tried as the loop's start */

/* A list of nodes on the heap of the program: ways are short. */
struct way {
    node *nodes;
    size_t count, room;
};

static inline void way_add(struct way *way, node at)
{
    if (way->count == way->room) {
        way->room = way->room ? 2 * way->room : 16;
        way->nodes = realloc(way->nodes, way->room * sizeof(node));
        if (way->nodes == NULL)
            abort();
    }
    way->nodes[way->count++] = at;
}

static inline void way_reverse(struct way *way, size_t from)
{
    for (size_t to = way->count; from + 1 < to; from++) {
        const node last = way->nodes[--to];
        way->nodes[to] = way->nodes[from];
        way->nodes[from] = last;
    }
}

static inline void node_state(const struct graph *graph, const struct table *table, node at,
                              word *state)
{
    if (graph->states != NULL)
        copy(state, graph->states + (size_t)at * WORDS);
    else
        table_read(table, ranks_place(&graph->ranks, at), state);
}

/* Makes the row of a node where there is none yet. False where there is no memory for that. */
static inline bool node_expand(const struct graph *graph, node at)
{
    return graph->expand == NULL || graph->expand(graph->of, at);
}

/* By state; NO_NODE is the greatest. */
static inline bool node_before(const struct graph *graph, const struct table *table, node a, node b)
{
    word one[WORDS], other[WORDS];
    if (a == b || a == NO_NODE || b == NO_NODE)
        return a != b && b == NO_NODE;
    node_state(graph, table, a, one);
    node_state(graph, table, b, other);
    return compare(one, other) < 0;
}

/* ── walks ────────────────────────────────────────────────────────────────────────────────── */

/* Nodes by their distance from where the walk began, within those of one mark, or, where that is
 * OUTSIDE, within all others. */
struct walk {
    const struct graph *graph;
    const struct table *table;
    uint32_t within;
    struct stack order;                 /* nodes */
    size_t count;
    struct way ends;                    /* of the levels, as positions in `order` */
    word *met;                          /* bits */
};

static inline size_t walk_bytes(const struct walk *walk)
{
    return walk->graph->count / 8 + sizeof(word);
}

static inline bool walk_open(struct walk *walk, const struct graph *graph,
                             const struct table *table, uint32_t within)
{
    *walk = (struct walk){.graph = graph, .table = table, .within = within};
    walk->met = memory_take(walk_bytes(walk));
    return walk->met != NULL && stack_open(&walk->order, graph->count * sizeof(node));
}

static inline void walk_close(struct walk *walk)
{
    if (walk->met != NULL)
        memory_give(walk->met, walk_bytes(walk));
    stack_close(&walk->order);
    free(walk->ends.nodes);
}

static inline const node *walk_order(const struct walk *walk)
{
    return walk->order.base;
}

/* Where a level begins in the order; the end of the last one for the number of levels. */
static inline size_t walk_level(const struct walk *walk, size_t level)
{
    return level ? walk->ends.nodes[level - 1] : 0;
}

static inline bool walk_allows(const struct walk *walk, node at)
{
    const uint32_t mark = walk->graph->vertices[at].mark;
    return walk->within == OUTSIDE ? mark != OUTSIDE : mark == walk->within;
}

/* A node of the next level, unless it was met; false where there is no memory. */
static inline bool walk_add(struct walk *walk, node at)
{
    word *met = &walk->met[at / 64];
    if (*met >> at % 64 & 1 || !walk_allows(walk, at))
        return true;
    *met |= (word)1 << at % 64;
    if (!stack_grow(&walk->order, (walk->count + 1) * sizeof(node)))
        return false;
    ((node *)walk->order.base)[walk->count++] = at;
    return true;
}

/* What was added becomes a level. */
static inline void walk_close_level(struct walk *walk)
{
    way_add(&walk->ends, (node)walk->count);
}

/* Adds what the last level leads to. */
static inline bool walk_on(struct walk *walk)
{
    const size_t levels = walk->ends.count, end = walk_level(walk, levels);
    for (size_t i = walk_level(walk, levels - 1); i < end; i++) {
        if (!node_expand(walk->graph, walk_order(walk)[i]))
            return false;
        const struct row row = graph_row(walk->graph, walk_order(walk)[i]);
        for (uint32_t e = 0; e < row.count; e++)
            if (!walk_add(walk, row.targets[e]))
                return false;
    }
    return true;
}

/* The smallest node of a level that leads to `at`. */
static inline node walk_predecessor(const struct walk *walk, size_t level, node at)
{
    node best = NO_NODE;
    for (size_t i = walk_level(walk, level); i < walk_level(walk, level + 1); i++) {
        const node from = walk_order(walk)[i];
        const struct row row = graph_row(walk->graph, from);
        for (uint32_t e = 0; e < row.count; e++)
            if (row.targets[e] == at && node_before(walk->graph, walk->table, from, best))
                best = from;
    }
    return best;
}

/* ── what a loop has served ───────────────────────────────────────────────────────────────── */

/* On a loop so far: the instances that it is fair to already, and the strong ones that were able
 * to step but have not. */
struct served {
    word done, owed;
};

static inline struct served serve(const struct graph *graph, struct served so_far, word taken,
                                  node target)
{
    const word able = graph_able(graph, target);
    so_far.done |= (taken & (graph->weak | graph->strong)) | (graph->weak & ~able);
    so_far.owed = (so_far.owed | (graph->strong & able)) & ~so_far.done;
    return so_far;
}

static inline bool is_fair(const struct graph *graph, struct served served)
{
    return !(graph->weak & ~served.done) && !served.owed;
}

/* Whether the run has ended in a node. */
static inline bool stutters(const struct graph *graph, node at)
{
    const struct row row = graph_row(graph, at);
    return row.count == 1 && row.takers[0] == STUTTER;
}

/* ── the shortest loop ────────────────────────────────────────────────────────────────────── */

struct stage {
    node at;
    uint32_t before;                    /* the stage that it was reached from */
    struct served served;
};

/* All stages looked at for one entry, in order, and where they are by content. */
struct stages {
    const struct graph *graph;
    const struct table *table;
    struct stack list;
    size_t count;
    uint32_t *slots;                    /* positions in the list plus one */
    size_t capacity;                    /* a power of two */
};

static inline struct stage *stage(const struct stages *stages, size_t position)
{
    return (struct stage *)stages->list.base + position;
}

/* The slot of a stage like this one, or the empty one where it belongs. */
static inline uint32_t *stage_slot(const struct stages *stages, const struct stage *wanted)
{
    word hash = wanted->at * 0x9e3779b97f4a7c15 ^ wanted->served.done * 0xff51afd7ed558ccd
                ^ wanted->served.owed * 0xc4ceb9fe1a85ec53;
    hash ^= hash >> 29;
    for (;; hash++) {
        uint32_t *slot = &stages->slots[hash & (stages->capacity - 1)];
        if (*slot == 0)
            return slot;
        const struct stage *there = stage(stages, *slot - 1);
        if (there->at == wanted->at && there->served.done == wanted->served.done
            && there->served.owed == wanted->served.owed)
            return slot;
    }
}

static inline bool stages_open(struct stages *stages, const struct graph *graph,
                               const struct table *table)
{
    *stages = (struct stages){.graph = graph, .table = table, .capacity = 2 * MOST_STAGES};
    stages->slots = memory_take(stages->capacity * sizeof(uint32_t));
    return stages->slots != NULL
           && stack_open(&stages->list, MOST_STAGES * sizeof(struct stage));
}

static inline void stages_close(struct stages *stages)
{
    if (stages->slots != NULL)
        memory_give(stages->slots, stages->capacity * sizeof(uint32_t));
    stack_close(&stages->list);
}

static inline bool stage_add(struct stages *stages, const struct stage *found)
{
    uint32_t *slot = stage_slot(stages, found);
    if (*slot != 0)
        return true;
    if (stages->count == MOST_STAGES
        || !stack_grow(&stages->list, (stages->count + 1) * sizeof(struct stage)))
        return false;
    *stage(stages, stages->count) = *found;
    *slot = (uint32_t)++stages->count;
    return true;
}

struct option {
    word state[WORDS];
    node target;
    word taken;
};

static inline int option_order(const void *a, const void *b)
{
    const struct option *one = a, *other = b;
    const int order = compare(one->state, other->state);
    return order ? order : (one->taken > other->taken) - (one->taken < other->taken);
}

/* The steps of a node within its component, smallest target first; to be freed. */
static inline struct option *options(const struct stages *stages, node at, size_t *count)
{
    const struct graph *graph = stages->graph;
    const struct row row = graph_row(graph, at);
    struct option *found = malloc((row.count + 1) * sizeof *found);
    if (found == NULL)
        abort();
    *count = 0;
    for (uint32_t e = 0; e < row.count; e++) {
        if (graph->vertices[row.targets[e]].mark != graph->vertices[at].mark)
            continue;
        struct option *option = &found[(*count)++];
        option->target = row.targets[e];
        option->taken = graph->taken[row.takers[e]];
        node_state(graph, stages->table, option->target, option->state);
    }
    qsort(found, *count, sizeof *found, option_order);
    return found;
}

/* Goes on from one stage; the position plus one of the stage before the loop is closed, or 0.
 * `*full` where there are too many stages. */
static inline size_t stage_on(struct stages *stages, size_t position, bool *full)
{
    const struct graph *graph = stages->graph;
    const node home = stage(stages, 0)->at;
    size_t count, closed = 0;
    *full = !node_expand(graph, stage(stages, position)->at);
    if (*full)
        return 0;
    struct option *found = options(stages, stage(stages, position)->at, &count);
    for (size_t i = 0; i < count && !closed && !*full; i++) {
        struct stage following = {.at = found[i].target, .before = (uint32_t)position};
        *full = !node_expand(graph, following.at);
        if (*full)
            break;
        following.served = serve(graph, stage(stages, position)->served, found[i].taken,
                                 following.at);
        if (following.at == home && is_fair(graph, following.served))
            closed = position + 1;
        else
            *full = !stage_add(stages, &following);
    }
    free(found);
    return closed;
}

/* A shortest fair loop through `home`, appended to the way, if it has less than `most` steps.
 * False where too many stages would have to be looked at; `*left` are those still allowed. */
static inline bool shortest_loop(struct stages *stages, node home, size_t most, size_t *left,
                                 struct way *way)
{
    const size_t start = way->count;
    size_t closed = 0, steps = 1, level_end = 1;
    bool full = false;
    memset(stages->slots, 0, stages->capacity * sizeof(uint32_t));
    stages->count = 0;
    const struct stage first = {.at = home, .served = serve(stages->graph, (struct served){0},
                                                             0, home)};
    stage_add(stages, &first);
    for (size_t i = 0; i < stages->count && !closed && !full; i++) {
        if (i == level_end) {
            level_end = stages->count;
            steps++;
        }
        if (steps >= most)
            break;
        closed = stage_on(stages, i, &full);
        full |= stages->count > *left && !closed;
    }
    *left -= stages->count < *left ? stages->count : *left;
    if (!closed)
        return !full;
    way_add(way, home);
    for (size_t at = closed - 1; at > 0; at = stage(stages, at)->before)
        way_add(way, stage(stages, at)->at);
    way_reverse(way, start);
    return true;
}

/* ── the patient loop ─────────────────────────────────────────────────────────────────────── */

/* Of the steps from the last level, the one that serves one of `missing`, or, without any, leads
 * to `home`: the smallest target, then the smallest source. False where there is none. */
static inline bool serving_step(const struct walk *walk, word missing, node home, node *from,
                                node *to)
{
    const struct graph *graph = walk->graph;
    const size_t levels = walk->ends.count;
    *from = *to = NO_NODE;
    for (size_t i = walk_level(walk, levels - 1); i < walk_level(walk, levels); i++) {
        const node at = walk_order(walk)[i];
        const struct row row = graph_row(graph, at);
        for (uint32_t e = 0; e < row.count; e++) {
            const node target = row.targets[e];
            if (!walk_allows(walk, target))
                continue;
            const word done = serve(graph, (struct served){0}, graph->taken[row.takers[e]],
                                    target).done;
            if (missing ? !(done & missing) : target != home)
                continue;
            if (node_before(graph, walk->table, target, *to)
                || (target == *to && node_before(graph, walk->table, at, *from))) {
                *from = at;
                *to = target;
            }
        }
    }
    return *to != NO_NODE;
}

/* Appends a shortest way from the last node of `way` to a step as serving_step() wants it, that
 * step included. */
static inline bool nearest(const struct graph *graph, const struct table *table, word missing,
                           node home, struct way *way)
{
    struct walk walk;
    node from, to;
    const node start = way->nodes[way->count - 1];
    bool good = walk_open(&walk, graph, table, graph->vertices[start].mark)
                && walk_add(&walk, start);
    for (; good; good = walk_on(&walk)) {
        walk_close_level(&walk);
        if (walk_level(&walk, walk.ends.count) == walk_level(&walk, walk.ends.count - 1))
            abort();                    /* nothing is out of reach in a component */
        if (serving_step(&walk, missing, home, &from, &to))
            break;
    }
    if (good) {
        const size_t begin = way->count;
        way_add(way, to);
        for (size_t level = walk.ends.count - 1; level > 0; level--) {
            way_add(way, from);
            from = walk_predecessor(&walk, level - 1, from);
        }
        way_reverse(way, begin);
    }
    walk_close(&walk);
    return good;
}

/* What the steps of a stretch of a way have served: of each, everybody who could have made it. */
static inline struct served serve_stretch(const struct graph *graph, struct served served,
                                          const struct way *way, size_t from)
{
    for (size_t i = from; i < way->count; i++) {
        const struct row row = graph_row(graph, way->nodes[i - 1]);
        word taken = 0;
        for (uint32_t e = 0; e < row.count; e++)
            if (row.targets[e] == way->nodes[i])
                taken |= graph->taken[row.takers[e]];
        served = serve(graph, served, taken, way->nodes[i]);
    }
    return served;
}

/* Goes from one obligation to the nearest next; false where there is no memory. */
static inline bool patient_loop(const struct graph *graph, const struct table *table, node home,
                                struct way *way)
{
    const size_t begin = way->count;
    const uint32_t mark = graph->vertices[home].mark;
    word wanted = graph->weak;
    for (size_t at = 0; at < graph->count; at++)
        if (graph->vertices[at].mark == mark)
            wanted |= graph_able(graph, (node)at) & graph->strong;
    struct served served = serve(graph, (struct served){0}, 0, home);
    way_add(way, home);                 /* for the beginning; goes at the end */
    while (wanted & ~served.done) {
        const size_t known = way->count;
        if (!nearest(graph, table, wanted & ~served.done, NO_NODE, way))
            return false;
        served = serve_stretch(graph, served, way, known);
    }
    if (way->nodes[way->count - 1] != home || way->count == begin + 1)
        if (!nearest(graph, table, 0, home, way))
            return false;
    memmove(way->nodes + begin, way->nodes + begin + 1,
            (--way->count - begin) * sizeof(node));
    return true;
}

/* ── the best loop ────────────────────────────────────────────────────────────────────────── */

/* Of the entries, smallest first, one with a short fair loop through it: that loop in `way`, from
 * the state after the entry to the entry again. Nothing where the run has ended in the entry.
 * NO_NODE where there is no memory. */
static inline node best_loop(const struct graph *graph, const struct table *table,
                             const node *entries, size_t count, struct way *way)
{
    struct stages stages;
    size_t left = MOST_STAGES;
    for (size_t i = 0; i < count; i++)
        if (stutters(graph, entries[i]))
            return entries[i];
    node best = NO_NODE;
    const bool room = stages_open(&stages, graph, table);
    for (size_t i = 0; i < count && room; i++) {
        struct way tried = {0};
        const size_t most = best == NO_NODE ? SIZE_MAX : way->count;
        if (!shortest_loop(&stages, entries[i], most, &left, &tried))
            i = count;                  /* not affordable any more */
        if (tried.count > 0) {
            free(way->nodes);
            *way = tried;
            best = entries[i];
        }
    }
    stages_close(&stages);
    if (best == NO_NODE && patient_loop(graph, table, entries[0], way))
        best = entries[0];
    return best;
}

#endif
