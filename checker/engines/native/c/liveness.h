/* Liveness: whether there is a fair run on which something never happens.
 *
 * A part of engine.c, which includes it: it works with the search's workers, on its table and its
 * levels once they are complete. What a run is, and when it is fair, is defined by the
 * interpreter (checker/engines/interp/liveness.py); the way is that of its search, made fast:
 *
 *   1. All workers write the graph of the states without some goal (graph.h): each state of the
 *      table is expanded once more, and its successors are looked up.
 *   2. For each property, the leader divides the part of the graph that a run without its goal
 *      can be in (components.h), and, where a fair component is found, makes a lasso (lasso.h).
 */
#ifndef LIVENESS_H
#define LIVENESS_H

#include "components.h"
#include "lasso.h"

#define GROUP 64                        /* states whose successors are looked up together */

/* What a worker writes rows with. */
struct builder {
    struct chunk chunk;
    struct turn *turns;                 /* by state of a group and instance */
    size_t size;                        /* of the group */
    unsigned char *takers;              /* of a row that is being written */
    size_t room;
};

struct liveness {
    struct graph graph;
    struct builder *builders;           /* by worker */
    unsigned char *taker;               /* by instance */
    unsigned property;                  /* that the nodes are being marked for */
    enum outcome *outcomes;             /* by liveness property, as what follows */
    bool *violated;
    size_t *loops;                      /* the position of the state that a lasso returns to */
    struct way *tails;                  /* of a lasso: what follows the shortest path */
};

static unsigned first_live(void)
{
    return model.properties - model.lives;
}

/* How far the present stage is: `done` of what it has to do, `size`, in states or in shares. The
 * property is 0 while the graph is made, which is for all. */
static void report_stage(struct search *search, const char *stage, size_t done, size_t size)
{
    if (!report_is_due(search))
        return;
    printf("stage %s %u %zu %zu", stage, search->liveness->property, done < size ? done : size,
           size);
    print_spent();
}

static void report_division(void *of, size_t met)
{
    struct search *search = of;
    report_stage(search, "components", met, search->liveness->graph.count);
}

/* ── the graph ────────────────────────────────────────────────────────────────────────────── */

/* Marks the places of the states in which some property lacks its goal. */
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
            bool all = true;
            for (unsigned p = first_live(); p < model.properties && all; p++)
                all = model.goal(p, state);
            if (!all)
                ranks_mark(ranks, place);
        }
    }
}

/* Expands one more state of a group. Where the room has to grow meanwhile, it moves, and turns
 * point to where it was: those of this state are made again, the others are put right. */
static void expand_turns(struct worker *worker, struct builder *builder, const word *state)
{
    const size_t held = successors_held(worker), turns = builder->size++ * model.instances;
    const word *const old = worker->room;
    size_t capacity;                    /* the room may grow twice, and be back where it was */
    worker->work.turn = builder->turns + turns;
    do {
        capacity = worker->capacity;
        worker->work.next = worker->room + held * WORDS;
        model.turns(&worker->work, state);
    } while (worker->capacity != capacity);
    for (size_t i = 0; i < turns && worker->room != old; i++)
        builder->turns[i].end = worker->room + (builder->turns[i].end - old);
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

/* Writes the row of a node: its steps are the successors from `begin` on, by turns. False without
 * memory. */
static bool write_row(struct worker *worker, node at, const struct turn *turns, const word *begin)
{
    const struct liveness *live = worker->search->liveness;
    struct graph *graph = &worker->search->liveness->graph;
    struct builder *builder = &live->builders[worker->id];
    const uint32_t held = at % BLOCK ? graph->vertices[at - 1].end : 0;
    const word *end = model.instances ? turns[model.instances - 1].end : begin;
    const size_t most = (size_t)(end - begin) / WORDS + 1;
    if (!graph_reserve(graph, &builder->chunk, at / BLOCK, held, (uint32_t)most))
        return false;
    if (most > builder->room) {
        builder->room = 2 * most + sizeof(uint32_t);
        builder->takers = need(realloc(builder->takers, builder->room));
    }
    uint32_t *const targets = builder->chunk.next, count = 0;
    unsigned char *const takers = builder->takers;
    unsigned possible = 0;
    word able = 0;
    for (unsigned i = 0; i < model.instances; i++) {
        const unsigned char taker = live->taker[i];
        const uint32_t more = write_turn(targets + count, begin, turns[i].end);
        possible |= turns[i].possible;
        able |= turns[i].possible & ENABLED ? graph->taken[taker] : 0;
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

/* Everybody does the job over `size` positions of `weight` places each. */
static void spread(struct search *search, size_t size, size_t weight,
                   void (*job)(struct worker *))
{
    share_out(search);
    together_over(search, size * weight, job);
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

/* ── one property ─────────────────────────────────────────────────────────────────────────── */

static void mark_nodes(struct worker *worker)
{
    struct search *search = worker->search;
    struct graph *graph = &search->liveness->graph;
    const unsigned property = search->liveness->property;
    const bool asked = model.asked[property - first_live()];
    word state[WORDS];
    while (claim(worker, graph_blocks(graph)) && !stopped(search)) {
        if (worker->id == 0)
            report_stage(search, "goals", worker->at, graph_blocks(graph));
        size_t at = worker->at * BLOCK;
        const size_t end = worker->end * BLOCK < graph->count ? worker->end * BLOCK : graph->count;
        for (word place = ranks_place(&graph->ranks, (node)at); at < end; at++, place++) {
            place = ranks_from(&graph->ranks, place);
            table_read(&search->table, place, state);
            graph->vertices[at].mark = model.goal(property, state) ? OUTSIDE
                : asked && model.premise(property, state) ? BEGIN : UNSEEN;
        }
    }
}

static node node_of(const struct search *search, const word *state)
{
    const struct table *table = &search->table;
    word code = 0;
    table_code(table, NULL, state, &code);          /* it has one: the state is in the table */
    return ranks_number(&search->liveness->graph.ranks,
                        table_find(table, table_probe(table, code)));
}

/* The nodes of a level of the search in which a run without the goal may begin: marks them, or
 * adds them to a walk. False where there is no memory for that. */
static bool begin_level(const struct search *search, size_t level, struct walk *walk)
{
    const unsigned property = search->liveness->property;
    const bool asked = model.asked[property - first_live()];
    struct vertex *vertices = search->liveness->graph.vertices;
    if (!asked && level > 0)
        return true;
    const size_t size = level_count(search, level);
    word piece[PIECE * WORDS];
    for (size_t at = 0, count; at < size; at += count) {
        const word *states = piece;
        count = level_read(search, level, at, size, piece);
        for (size_t i = 0; i < count; i++, states += WORDS) {
            if (asked && !model.premise(property, states))
                continue;
            const node begin = node_of(search, states);
            if (begin == NO_NODE || vertices[begin].mark == OUTSIDE)
                continue;
            if (walk == NULL)
                vertices[begin].mark = BEGIN;
            else if (!walk_add(walk, begin))
                return false;
        }
    }
    return true;
}

/* The smallest nodes of fair components on the last level of a walk; how many. */
static size_t fair_entries(const struct search *search, const struct walk *walk, node *entries)
{
    const struct graph *graph = walk->graph;
    const size_t levels = walk->ends.count;
    size_t count = 0;
    for (size_t i = walk_level(walk, levels - 1); i < walk_level(walk, levels); i++) {
        const node at = walk_order(walk)[i];
        const uint32_t mark = graph->vertices[at].mark;
        if (mark < FAIR || mark >= OUTSIDE)
            continue;
        size_t place = count < MOST_ENTRIES ? count++ : MOST_ENTRIES;
        for (; place > 0 && node_before(graph, &search->table, at, entries[place - 1]); place--)
            if (place < MOST_ENTRIES)
                entries[place] = entries[place - 1];
        if (place < MOST_ENTRIES)
            entries[place] = at;
    }
    return count;
}

/* Makes the lasso: a shortest path to where a run without the goal begins, left to find_paths(),
 * then a shortest way without the goal into a fair component, then a loop. False without memory. */
static bool make_lasso(struct search *search)
{
    struct liveness *live = search->liveness;
    const unsigned which = live->property - first_live();
    struct walk walk;
    struct way begins = {0}, loop = {0}, *tail = &live->tails[which];
    node entries[MOST_ENTRIES];
    size_t found = 0;
    bool good = walk_open(&walk, &live->graph, &search->table, OUTSIDE);
    for (size_t level = 0; good; level++) {
        if (level > search->levels + live->graph.count)
            abort();                    /* a fair component out of reach */
        good = level >= search->levels || begin_level(search, level, &walk);
        way_add(&begins, (node)walk.count);
        good = good && (level == 0 || walk_on(&walk));
        walk_close_level(&walk);
        found = good ? fair_entries(search, &walk, entries) : 0;
        if (found > 0)
            break;
    }
    node at = good ? best_loop(&live->graph, &search->table, entries, found, &loop) : NO_NODE;
    if (at != NO_NODE) {
        size_t level = walk.ends.count - 1;
        for (;; level--) {
            bool begin = false;
            for (size_t i = walk_level(&walk, level); i < begins.nodes[level] && !begin; i++)
                begin = walk_order(&walk)[i] == at;
            if (begin)
                break;
            way_add(tail, at);
            at = walk_predecessor(&walk, level - 1, at);
        }
        way_reverse(tail, 0);
        live->loops[which] = level + tail->count;
        for (size_t i = 0; i < loop.count; i++)
            way_add(tail, loop.nodes[i]);
        struct finding *finding = &search->findings[live->property];
        finding->set = true;
        finding->depth = level;
        node_state(&live->graph, &search->table, at, finding->state);
    }
    free(begins.nodes);
    free(loop.nodes);
    walk_close(&walk);
    return at != NO_NODE;
}

static enum outcome decide(struct search *search)
{
    struct liveness *live = search->liveness;
    struct division division;
    spread(search, graph_blocks(&live->graph), BLOCK, mark_nodes);
    if (!model.asked[live->property - first_live()])
        begin_level(search, 0, NULL);
    enum outcome outcome = NO_MEMORY;
    if (division_open(&division, &live->graph, &signalled, report_division, search))
        outcome = stopped(search) ? STOPPED : find_fair(&division);
    division_close(&division);
    if (outcome != DECIDED || division.fair == 0)
        return outcome;
    live->violated[live->property - first_live()] = true;
    return make_lasso(search) ? DECIDED : NO_MEMORY;
}

/* ── all of them ──────────────────────────────────────────────────────────────────────────── */

static void open_liveness(struct search *search)
{
    struct liveness *live = search->liveness = need(calloc(1, sizeof *live));
    struct graph *graph = &live->graph;
    unsigned fair = 0;
    live->outcomes = need(calloc(model.lives, sizeof *live->outcomes));
    live->violated = need(calloc(model.lives, sizeof *live->violated));
    live->loops = need(calloc(model.lives, sizeof *live->loops));
    live->tails = need(calloc(model.lives, sizeof *live->tails));
    live->taker = need(calloc(model.instances + 1, 1));
    for (unsigned i = 0; i < model.instances; i++) {
        live->taker[i] = NOBODY;
        if (model.fair[i] == UNFAIR)
            continue;
        const word bit = (word)1 << fair;
        *(model.fair[i] == WEAK ? &graph->weak : &graph->strong) |= bit;
        graph->taken[fair] = bit;
        live->taker[i] = (unsigned char)fair++;
    }
    graph->taken[STUTTER] = ~(word)0;
    graph->mask_bytes = fair > 32 ? 8 : fair > 16 ? 4 : fair > 8 ? 2 : fair > 0;
    live->builders = need(calloc(search->crew.size, sizeof *live->builders));
    for (unsigned i = 0; i < search->crew.size; i++)
        live->builders[i].turns = need(calloc(GROUP * model.instances + 1, sizeof(struct turn)));
}

/* Writes the levels to their files where the graph may need the memory that they take. */
static void make_room(struct search *search)
{
    const struct graph *graph = &search->liveness->graph;
    const size_t each = sizeof(struct vertex) + graph->mask_bytes + sizeof(struct frame)
                        + sizeof(node);
    const size_t wanted = states_stored(search) * each
                          + row_units(1) * sizeof(uint32_t) * steps_generated(search);
    if (atomic_load(&memory.held) + wanted <= memory.budget)
        return;
    for (unsigned i = 0; i < search->crew.size; i++) {
        struct log *log = &search->workers[i].log;
        log->over = log->count / CHUNK_STATES;
        log_shed(log);
    }
}

/* Decides the liveness properties, after a complete search. */
static void judge_liveness(struct search *search)
{
    open_liveness(search);
    struct liveness *live = search->liveness;
    memset(search->open, 0, model.properties);
    make_room(search);
    const bool built = build_graph(search);
    for (unsigned i = 0; i < model.lives; i++) {
        live->property = first_live() + i;
        live->outcomes[i] = built ? decide(search)
            : search->reason == MEMORY ? NO_MEMORY : STOPPED;
    }
}

static void print_liveness(const struct search *search)
{
    static const char *const names[] = {"decided", "memory", "interrupted"};
    const struct liveness *live = search->liveness;
    for (unsigned i = 0; i < model.lives; i++) {
        const char *name = names[live->outcomes[i]];
        printf("live %u %s\n", first_live() + i, live->outcomes[i] != DECIDED ? name
               : live->violated[i] ? "violated" : "holds");
    }
}

#endif
