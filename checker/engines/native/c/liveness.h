/* Liveness: whether there is a fair run on which something never happens.
 *
 * A part of engine.c, which includes it: it works with the search's workers, on its table and its
 * levels once they are complete. What a run is, and when it is fair, is defined by the
 * interpreter (checker/engines/interp/liveness.py); the way is that of its search, made fast:
 *
 *   1. For each property, the leader looks around where runs without the goal begin (fragment.h). If
 *      it fails, it often does so there.
 *   2. All workers look at the fields of the states one by one (projections.h, survey.h). It often
 *      holds for what they see.
 *   3. Where neither tells, they write the graph of the states that a run without the goal can be in
 *      (rows.h): each of those is expanded once more, and its successors are looked up.
 *   4. For each property, the leader divides the part of the graph that such a run can stay in
 *      (components.h), and, where a fair component can be reached, makes a lasso (lasso.h).
 */
#ifndef LIVENESS_H
#define LIVENESS_H

#include "components.h"
#include "lasso.h"
#include "projections.h"

/* What a worker writes rows with, and looks at fields. */
struct builder {
    _Alignas(LINES) struct chunk chunk;
    struct turn *turns;                 /* by state of a group and instance */
    size_t size;                        /* of the group */
    unsigned char *takers;              /* of a row that is being written */
    size_t room;
    struct tally tally;                 /* of the fields of states, see projections.h */
    word *left;                         /* by field: see there */
};

struct tail {
    word *states;
    size_t count;
};

struct liveness {
    struct graph graph;
    struct builder *builders;           /* by worker */
    unsigned char *taker;               /* by instance */
    unsigned property;                  /* that the nodes are being marked for */
    struct sites sites;
    struct projection *projections;     /* by liveness property, as what follows */
    bool again;                         /* see survey_reached() */
    bool *open;                         /* not decided without the graph */
    enum outcome *outcomes;
    bool *violated;
    size_t *loops;                      /* the position of the state that a lasso returns to */
    struct tail *tails;                 /* of a lasso: what follows the shortest path */
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

/* Everybody does the job over `size` positions of `weight` places each. */
static void spread(struct search *search, size_t size, size_t weight,
                   void (*job)(struct worker *))
{
    share_out(search);
    together_over(search, size * weight, job);
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

#include "survey.h"

#include "rows.h"
#include "fragment.h"

/* ── one property ─────────────────────────────────────────────────────────────────────────── */

static void mark_nodes(struct worker *worker)
{
    struct search *search = worker->search;
    struct graph *graph = &search->liveness->graph;
    const struct sites *sites = &search->liveness->sites;
    const unsigned property = search->liveness->property;
    const struct projection *projection = &search->liveness->projections[property - first_live()];
    word state[WORDS];
    while (claim(worker, graph_blocks(graph)) && !stopped(search)) {
        if (worker->id == 0)
            report_stage(search, "goals", worker->at, graph_blocks(graph));
        size_t at = worker->at * BLOCK;
        const size_t end = worker->end * BLOCK < graph->count ? worker->end * BLOCK : graph->count;
        for (word place = ranks_place(&graph->ranks, (node)at); at < end; at++, place++) {
            place = ranks_from(&graph->ranks, place);
            table_read(&search->table, place, state);
            const bool inside = !model.goal(property, state) && may_get_to(projection, state);
            graph->vertices[at].mark = !inside ? OUTSIDE
                : may_stay_in(projection, sites, state, graph_able(graph, (node)at)) ? UNSEEN
                : DROPPED;
        }
    }
}

static node node_of(const struct search *search, const struct graph *graph, const word *state)
{
    if (graph->states != NULL)
        return fragment_node(graph->of, state);
    const struct table *table = &search->table;
    word code = 0;
    table_code(table, NULL, state, &code);          /* it has one: the state is in the table */
    return ranks_number(&graph->ranks, table_find(table, table_probe(table, code)));
}

/* Adds the nodes of a level of the search in which a run without the goal may begin to a walk.
 * False where there is no memory for that. */
static bool begin_level(const struct search *search, size_t level, struct walk *walk)
{
    const unsigned property = search->liveness->property;
    const bool asked = model.asked[property - first_live()];
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
            if (model.goal(property, states))
                continue;
            const node begin = node_of(search, walk->graph, states);
            if (begin == NO_NODE || !walk_add(walk, begin))
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

/* Walks on from where runs without the goal begin to the first level with nodes of fair components:
 * the smallest are in `entries`; how many. None where no such component can be reached, and where
 * `*outcome` says so, without memory or after an interrupt. `begins` tells of each level where what
 * is not reached by a step ends. */
static size_t walk_in(struct search *search, struct walk *walk, struct way *begins, node *entries,
                      enum outcome *outcome)
{
    bool over = false;
    for (size_t level = 0; !over; level++) {
        bool good = level >= search->levels || begin_level(search, level, walk);
        size_t found = 0;
        way_add(begins, (node)walk->count);
        good = good && (level == 0 || walk_on(walk));
        walk_close_level(walk);
        if (good && walk->graph->states != NULL)
            good = near_entries(search, walk, &found);
        else if (good)
            found = fair_entries(search, walk, entries);
        *outcome = stopped(search) ? STOPPED : good ? DECIDED : NO_MEMORY;
        if (found > 0 && good)
            return found;
        over = *outcome != DECIDED || (level >= search->levels
               && walk_level(walk, level + 1) == walk_level(walk, level));
    }
    return 0;
}

/* The way of the walk to its node `at`, from where it begins, and then the loop: the lasso. */
static void tell_lasso(struct search *search, const struct walk *walk, const struct way *begins,
                       node at, const struct way *loop)
{
    struct liveness *live = search->liveness;
    const unsigned which = live->property - first_live();
    struct tail *tail = &live->tails[which];
    struct way way = {0};
    size_t level = walk->ends.count - 1;
    for (;; level--) {
        bool begin = false;
        for (size_t i = walk_level(walk, level); i < begins->nodes[level] && !begin; i++)
            begin = walk_order(walk)[i] == at;
        if (begin)
            break;
        way_add(&way, at);
        at = walk_predecessor(walk, level - 1, at);
    }
    way_reverse(&way, 0);
    live->loops[which] = level + way.count;
    for (size_t i = 0; i < loop->count; i++)
        way_add(&way, loop->nodes[i]);
    tail->states = need(malloc((way.count + 1) * WORDS * sizeof(word)));
    for (; tail->count < way.count; tail->count++)
        node_state(walk->graph, &search->table, way.nodes[tail->count],
                   tail->states + tail->count * WORDS);
    free(way.nodes);
    struct finding *finding = &search->findings[live->property];
    finding->set = true;
    finding->depth = level;
    node_state(walk->graph, &search->table, at, finding->state);
    live->violated[which] = true;
}

/* Makes the lasso: a shortest path to where a run without the goal begins, left to find_paths(),
 * then a shortest way without the goal into a fair component, then a loop. Nothing where none of
 * the fair components can be reached. */
static enum outcome make_lasso(struct search *search, const struct graph *graph)
{
    struct walk walk;
    struct way begins = {0}, loop = {0};
    node entries[MOST_ENTRIES];
    enum outcome outcome = NO_MEMORY;
    size_t found = 0;
    if (walk_open(&walk, graph, &search->table, OUTSIDE))
        found = walk_in(search, &walk, &begins, entries, &outcome);
    if (found > 0) {
        const node at = graph->states != NULL ? near_loop(graph->of, &loop)
            : best_loop(graph, &search->table, entries, found, &loop);
        if (at == NO_NODE)
            outcome = NO_MEMORY;
        else
            tell_lasso(search, &walk, &begins, at, &loop);
    }
    free(begins.nodes);
    free(loop.nodes);
    walk_close(&walk);
    return outcome;
}

/* Whether the property could be decided by a fragment of the graph. */
static bool decide_near(struct search *search)
{
    struct fragment fragment;
    const bool decided = fragment_open(&fragment, search)
                         && make_lasso(search, &fragment.graph) == DECIDED;
    fragment_close(&fragment);
    return decided;
}

static enum outcome decide(struct search *search)
{
    struct liveness *live = search->liveness;
    struct division division;
    spread(search, graph_blocks(&live->graph), BLOCK, mark_nodes);
    enum outcome outcome = NO_MEMORY;
    if (division_open(&division, &live->graph, &signalled, report_division, search))
        outcome = stopped(search) ? STOPPED : find_fair(&division);
    division_close(&division);
    return outcome == DECIDED && division.fair > 0 ? make_lasso(search, &live->graph)
        : outcome;
}

/* ── all of them ──────────────────────────────────────────────────────────────────────────── */

static void open_projections(struct search *search)
{
    struct liveness *live = search->liveness;
    live->open = need(calloc(model.lives, sizeof *live->open));
    live->projections = need(calloc(model.lives, sizeof *live->projections));
    if (!sites_open(&live->sites))
        need(NULL);
    for (unsigned i = 0; i < model.lives; i++)
        if (!projection_open(&live->projections[i], &live->sites))
            need(NULL);
    for (unsigned i = 0; i < search->crew.size; i++) {
        struct builder *builder = &live->builders[i];
        builder->left = need_apart((model.field_count + 1) * sizeof(word));
    }
}

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
    live->builders = need_apart(search->crew.size * sizeof *live->builders);
    for (unsigned i = 0; i < search->crew.size; i++)
        live->builders[i].turns = need(calloc(GROUP * model.instances + 1, sizeof(struct turn)));
    open_projections(search);
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

/* What can be told of each property without the graph; whether any is open then. */
static bool judge_without_graph(struct search *search)
{
    struct liveness *live = search->liveness;
    bool room = true, any = false;
    for (unsigned i = 0; i < search->crew.size; i++)
        room = room && tally_open(&live->builders[i].tally, &live->sites);
    for (unsigned i = 0; i < model.lives; i++) {
        live->property = first_live() + i;
        live->open[i] = !(FRAGMENTS && decide_near(search))
                        && !(FIELDS && room && !may_fail(search));
        any |= live->open[i];
    }
    for (unsigned i = 0; i < search->crew.size; i++)
        tally_close(&live->builders[i].tally);
    return any;
}

/* Decides the liveness properties, after a complete search. */
static void judge_liveness(struct search *search)
{
    open_liveness(search);
    struct liveness *live = search->liveness;
    memset(search->open, 0, model.properties);
    if (!judge_without_graph(search))
        return;
    make_room(search);
    live->property = 0;
    const bool built = build_graph(search);
    for (unsigned i = 0; i < model.lives; i++) {
        if (!live->open[i])
            continue;
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
