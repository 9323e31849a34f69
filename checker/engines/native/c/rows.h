/* All workers write the graph (graph.h): each expands nodes once more and looks their steps up.
 *
 * A part of liveness.h.
 */
#ifndef ROWS_H
#define ROWS_H

#define GROUP 64                        /* states whose successors are looked up together */

/* Whether a run without the goal of some property that is open may get to a state. */
static bool is_node(const struct liveness *live, const word *state)
{
    for (unsigned i = 0; i < model.lives; i++)
        if (live->open[i] && !model.goal(first_live() + i, state)
            && may_get_to(&live->projections[i], state))
            return true;
    return false;
}

/* Marks the places of the states that become nodes. */
static void mark_places(struct worker *worker)
{
    struct search *search = worker->search;
    struct ranks *ranks = &search->liveness->graph.ranks;
    const struct table *table = &search->table;
    const word places = table_indices(table);
    word state[WORDS];
    while (claim(worker, ranks->size) && !stopped(search)) {
        if (worker->id == 0)
            report_stage(search, "states", worker->at, ranks->size);
        const word begin = worker->at * PLACES, end = worker->end * PLACES;
        for (word place = begin; place < end && place < places; place++) {
            if (!table_read(table, place, state)) {
                place = table_skip(table, place);
                continue;
            }
            if (is_node(search->liveness, state))
                ranks_mark(ranks, place);
        }
    }
}

/* Expands states from `*place` on until there are enough successors to look up. */
static void expand_group(struct worker *worker, word *place, size_t most)
{
    const struct search *search = worker->search;
    struct builder *builder = &search->liveness->builders[worker->id];
    word state[WORDS];
    worker->work.next = worker->room;
    builder->size = 0;
    while (builder->size < most && successors_held(worker) < BATCH
           && !atomic_load_explicit(&search->reason, memory_order_relaxed)) {
        *place = ranks_from(&search->liveness->graph.ranks, *place);
        table_read(&search->table, (*place)++, state);
        expand_turns(worker, builder, state);
    }
}

/* Puts in the first word of each successor the number of its node, or NO_NODE. */
static void look_up(struct worker *worker)
{
    const struct table *table = &worker->search->table;
    const struct ranks *ranks = &worker->search->liveness->graph.ranks;
    const size_t held = successors_held(worker);
    struct probe probes[BATCH];
    for (size_t begin = 0; begin < held; begin += BATCH) {
        word *first = worker->room + begin * WORDS;
        const size_t count = held - begin < BATCH ? held - begin : BATCH;
        look_ahead(worker, first, count, probes);           /* all of them are there */
        for (size_t i = 0; i < count; i++)
            __builtin_prefetch(table_address(table, probes[i].place));
        for (size_t i = 0; i < count; i++) {
            probes[i].place = table_find(table, probes[i]);
            __builtin_prefetch(ranks_address(ranks, probes[i].place));
        }
        for (size_t i = 0; i < count; i++)
            first[i * WORDS] = ranks_number(ranks, probes[i].place);
    }
}

/* The targets of the steps in one turn, as far as they are nodes, most of them once. How many. */
static inline uint32_t write_turn(uint32_t *targets, const word *begin, const word *end)
{
    uint32_t count = 0;
    for (; begin < end; begin += WORDS) {
        const node target = (node)*begin;
        uint32_t same = count;
        while (same > 0 && count - same < NEAR && targets[same - 1] != target)
            same--;
        targets[count] = target;
        count += target != NO_NODE && (same == 0 || targets[same - 1] != target);
    }
    return count;
}

/* Writes the steps of a node: the successors from `begin` on, by turns. There is room for all of
 * them; how many they are. `*able` becomes the mask of the fair instances that can step. */
static uint32_t write_steps(const struct liveness *live, struct builder *builder, node at,
                            const struct turn *turns, const word *begin, uint32_t *targets,
                            word *able)
{
    const word *const end = model.instances ? turns[model.instances - 1].end : begin;
    const size_t most = (size_t)(end - begin) / WORDS + 1;
    if (most > builder->room) {
        builder->room = 2 * most + sizeof(uint32_t);
        builder->takers = need(realloc(builder->takers, builder->room));
    }
    unsigned char *const takers = builder->takers;
    unsigned possible = 0;
    uint32_t count = 0;
    *able = 0;
    for (unsigned i = 0; i < model.instances; i++) {
        const unsigned char taker = live->taker[i];
        const uint32_t more = write_turn(targets + count, begin, turns[i].end);
        possible |= turns[i].possible;
        *able |= turns[i].possible & ENABLED ? live->graph.taken[taker] : 0;
        begin = turns[i].end;
        for (uint32_t left = more; left > 0; left--)
            takers[count++] = taker;
    }
    if (!(possible & ENABLED)) {
        targets[0] = at;
        takers[0] = STUTTER;
        count = 1;
    }
    for (uint32_t i = 0; i < count; i += sizeof(uint32_t))
        memcpy(&targets[count + i / sizeof(uint32_t)], &takers[i], sizeof(uint32_t));
    return count;
}

/* Writes the row of a node of the graph. False without memory. */
static bool write_row(struct worker *worker, node at, const struct turn *turns, const word *begin)
{
    struct liveness *live = worker->search->liveness;
    struct graph *graph = &live->graph;
    struct builder *builder = &live->builders[worker->id];
    const uint32_t held = at % BLOCK ? graph->vertices[at - 1].end : 0;
    const word *end = model.instances ? turns[model.instances - 1].end : begin;
    const size_t most = (size_t)(end - begin) / WORDS + 1;
    if (!graph_reserve(graph, &builder->chunk, at / BLOCK, held, (uint32_t)most))
        return false;
    word able;
    const uint32_t count = write_steps(live, builder, at, turns, begin, builder->chunk.next, &able);
    builder->chunk.next += row_units(count);
    graph->vertices[at].end = held + row_units(count);
    graph_set_able(graph, at, able);
    return true;
}

/* Writes the rows of a block; false where there is no memory for them. */
static bool write_block(struct worker *worker, size_t block)
{
    struct graph *graph = &worker->search->liveness->graph;
    const struct builder *builder = &worker->search->liveness->builders[worker->id];
    size_t at = block * BLOCK;
    const size_t end = at + BLOCK < graph->count ? at + BLOCK : graph->count;
    word place = ranks_place(&graph->ranks, (node)at);
    while (at < end) {
        expand_group(worker, &place, end - at < GROUP ? end - at : GROUP);
        if (stopped(worker->search))
            return true;                /* some successors may be missing */
        look_up(worker);
        const word *begin = worker->room;
        for (size_t i = 0; i < builder->size; i++, at++) {
            const struct turn *turns = builder->turns + i * model.instances;
            if (!write_row(worker, (node)at, turns, begin))
                return false;
            begin = model.instances ? turns[model.instances - 1].end : begin;
        }
    }
    atomic_fetch_add(&graph->units, graph->vertices[end - 1].end);
    return true;
}

static void write_graph(struct worker *worker)
{
    struct search *search = worker->search;
    while (claim(worker, graph_blocks(&search->liveness->graph)) && !stopped(search))
        for (; worker->at < worker->end && !stopped(search); worker->at++) {
            if (worker->id == 0)
                report_stage(search, "graph", worker->at, graph_blocks(&search->liveness->graph));
            if (!write_block(worker, worker->at))
                stop(search, MEMORY);
        }
}

/* False where there is no memory for the graph, or somebody interrupted. */
static bool build_graph(struct search *search)
{
    struct graph *graph = &search->liveness->graph;
    if (!ranks_open(&graph->ranks, table_indices(&search->table))) {
        stop(search, MEMORY);
        return false;
    }
    spread(search, graph->ranks.size, PLACES, mark_places);
    ranks_count(&graph->ranks);
    if (graph->ranks.count >= MOST_NODES || !graph_open(graph))
        stop(search, MEMORY);
    if (stopped(search))
        return false;
    spread(search, graph_blocks(graph), BLOCK, write_graph);
    return !stopped(search);
}

#endif
