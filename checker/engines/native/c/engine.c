/* The search: level-synchronous parallel breadth-first exploration of a generated model.
 *
 * The leader (thread 0) goes from level to level. On each, all workers take pieces of the level,
 * call successors() on its states, and put the results into the table (table.h); what is new goes
 * into the worker's log (log.h) and is examined. A level is complete before the next begins, so
 * every state is first met on a shortest path.
 *
 * Successors are collected in a buffer and stored in batches: slots are prefetched long before
 * they are looked at, since nearly every look into a large table is a cache miss, but not more than
 * memory sends at a time. Those that are sure to be met elsewhere are not looked up at all
 * (repeats.h). A worker that finds the table too full leaves its buffer and its piece as they are
 * and returns; the leader lets everybody rehash and sends them back. So the generated code is
 * never interrupted, and growing needs no locks.
 *
 * No parents are kept. A path is found afterwards: the target's predecessor is the smallest state
 * of the level before that has it as a successor, and so on back to the initial states. All
 * targets go back together, each level being expanded once.
 *
 * Reading order: engine.h (the contract), `struct search`, run(), expand(), store(); then grow.h,
 * checkpoint.h, kinds.h, and what follows a search: paths.h, walks.h, liveness.h, answers.h.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "engine.h"
#include "log.h"
#include "memory.h"
#include "repeats.h"
#include "table.h"

#define BATCH 128                       /* successors stored together */
#define AHEAD 32                        /* of those, slots asked of memory at a time */
#define ALONE 512                       /* a smaller level is not worth waking the others */
#define FIRST_CAPACITY ((word)1 << 16)
#define TICKETS 1024                    /* room in the table reserved by a worker at a time */
#define MOST_THREADS 256
#define LINES 128                       /* bytes: two cache lines, which some fetch together */
#define REPORT_EVERY 0.2                /* seconds */
#define TOLD 16                         /* complete levels whose sizes a report has */
#define LIKELY_BITS 12

_Static_assert(MOST_THREADS * 16 <= FIRST_CAPACITY, "every worker gets tickets at once");

enum reason { RUNNING, LIMIT, MEMORY, INTERRUPTED, EARLY, UNSAVED, ENOUGH };
static const char *const reason_names[] = {"complete", "limit", "memory", "interrupted", "early",
                                           "unsaved", "enough"};

/* A state in which a property was found to fail (or, for `sometimes`, to hold); for a property of
 * steps also the state after the step. */
struct finding {
    bool set;
    bool step;
    size_t depth;                       /* of `state` */
    word state[WORDS];
    word after[WORDS];
};

/* A path that is being found backwards: its states from `known` on are there. */
struct path {
    size_t count;
    size_t known;
    word *states;
    word *real;                         /* what it becomes; see walk_paths() */
    struct finding step_back;           /* the smallest predecessor so far; of all workers */
};

struct search;
struct liveness;
struct checkpoint;
struct kinds;

struct worker {
    /* First, so that the one can be cast to the other. Workers write here with every successor,
     * so they share no cache line. */
    _Alignas(LINES) struct work work;
    struct search *search;
    unsigned id;
    word *room;                         /* for successors */
    size_t capacity;                    /* of the room, in successors */
    size_t stored;                      /* successors in the room that are in the table */
    size_t at, end;                     /* the piece of the level: positions still to expand */
    word tickets;
    struct recent *recent;              /* see fold.h */
    word piece[PIECE * WORDS];          /* states of the level that are being expanded */
    struct log log;
    struct labels labels[2];            /* of the states of even levels, and of odd ones */
    struct finding *findings;           /* of this level, by property */
    struct finding *steps_back;         /* by property: the smallest predecessor so far */
    bool bounded;                       /* whether `bound` is known, see set_bound() */
    word bound[WORDS];
    unsigned *holder;                   /* by instance, for stuck() */
    uint64_t generated;
    _Atomic uint64_t shown_generated;   /* for reports of progress */
    _Atomic uint64_t shown_distinct;
    pthread_t thread;
};

/* The threads, and what they are to do: `job` is called once by each. */
struct crew {
    unsigned size;
    pthread_mutex_t lock;
    pthread_cond_t begin, done;
    _Atomic unsigned round;
    _Atomic unsigned busy;
    bool over;
    void (*job)(struct worker *);
};

/* How many positions of one worker's share of a job are handed out; on a cache line of its own. */
struct share {
    _Alignas(LINES) _Atomic size_t taken;
};

struct search {
    struct crew crew;
    struct worker *workers;
    struct fold fold;
    struct table table, wider;
    struct repeats repeats;
    _Atomic bool full;                  /* the table has to grow before the level can go on */
    _Atomic bool crowded;               /* and that not for want of tickets, but of a slot */
    _Atomic bool unnumbered;            /* or for want of a number for a part of a state */
    _Atomic int reason;
    size_t depth;                       /* of the level that is being expanded */
    size_t storing;                     /* of the states that are being stored */
    size_t *bounds;                     /* by level and worker: where the level begins in its log */
    size_t levels;                      /* complete ones */
    size_t level_size;
    struct share shares[MOST_THREADS];  /* of the level, or of slots to be rehashed */
    bool *open;
    struct finding *findings;
    size_t sought;                      /* paths: one for each property, or for each kind */
    struct kinds *kinds;                /* where several of one property are, see kinds.h */
    struct path *paths;                 /* by property, or kind */
    size_t *active;                     /* those whose paths go back into this level */
    size_t actives;
    bool *likely;                       /* by hash: whether an active path may want the state */
    uint64_t limit;
    _Atomic uint64_t admitted;          /* states counted against the limit */
    size_t initial;
    bool stop_early;
    const char *spill;                  /* folder for levels that memory has no room for */
    bool walking;                       /* see walk_paths() */
    double reported;                    /* when */
    struct liveness *liveness;          /* see liveness.h */
    struct checkpoint *checkpoint;      /* see checkpoint.h */
};

static volatile sig_atomic_t signalled;

static void *need(void *taken)
{
    if (taken == NULL) {
        fprintf(stderr, "engine: no memory for its own bookkeeping\n");
        exit(EXIT_FAILURE);
    }
    return taken;
}

/* Zeroed memory for one thread, which shares no cache line with that of another. */
static void *need_apart(size_t bytes)
{
    const size_t whole = (bytes + LINES - 1) / LINES * LINES;
    return memset(need(aligned_alloc(LINES, whole)), 0, whole);
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* The first reason to stop is the one that is reported. */
static void stop(struct search *search, enum reason reason)
{
    int running = RUNNING;
    atomic_compare_exchange_strong(&search->reason, &running, (int)reason);
}

static bool stopped(struct search *search)
{
    if (signalled)
        stop(search, INTERRUPTED);
    return atomic_load_explicit(&search->reason, memory_order_relaxed) != RUNNING;
}

#include "crew.h"

/* ── levels ───────────────────────────────────────────────────────────────────────────────── */

static size_t *level_bounds(const struct search *search, size_t level)
{
    return search->bounds + level * search->crew.size;
}

static size_t level_count(const struct search *search, size_t level)
{
    const size_t *from = level_bounds(search, level), *to = level_bounds(search, level + 1);
    size_t count = 0;
    for (unsigned i = 0; i < search->crew.size; i++)
        count += to[i] - from[i];
    return count;
}

/* The worker in whose log the state at a position of a level is, numbered through all logs; the
 * position becomes the one among that worker's. */
static unsigned level_owner(const struct search *search, size_t level, size_t *position)
{
    const size_t *from = level_bounds(search, level), *to = level_bounds(search, level + 1);
    unsigned i = 0;
    for (; *position >= to[i] - from[i]; i++)
        *position -= to[i] - from[i];
    return i;
}

/* Copies states of a level from a position on: some of those before `end`, at most PIECE; how many
 * those were. */
static size_t level_read(const struct search *search, size_t level, size_t position, size_t end,
                         word *states)
{
    const size_t wanted = end - position;
    const unsigned i = level_owner(search, level, &position);
    const size_t from = level_bounds(search, level)[i], to = level_bounds(search, level + 1)[i];
    const size_t left = to - from - position, most = wanted < left ? wanted : left;
    return log_read(&search->workers[i].log, from + position, most < PIECE ? most : PIECE, states);
}

/* The labels of the states that level_read() copies from there; NULL where they are not known. */
static const uint16_t *level_labels(const struct search *search, size_t level, size_t position)
{
    const unsigned i = level_owner(search, level, &position);
    const size_t count = level_bounds(search, level + 1)[i] - level_bounds(search, level)[i];
    const struct labels *labels = &search->workers[i].labels[level % 2];
    return labels->count == count ? labels->of + position : NULL;
}

/* The states stored since the last level was complete become a level; false when there are none. */
static bool finish_level(struct search *search)
{
    const unsigned size = search->crew.size;
    const size_t rows = search->levels + 2;
    search->bounds = need(realloc(search->bounds, rows * size * sizeof(size_t)));
    for (unsigned i = 0; i < size; i++)
        level_bounds(search, search->levels + 1)[i] = search->workers[i].log.count;
    search->level_size = level_count(search, search->levels);
    if (search->level_size == 0)
        return false;
    search->levels++;
    for (unsigned i = 0; i < size; i++)
        search->workers[i].log.over = level_bounds(search, search->levels - 1)[i] / CHUNK_STATES;
    return true;
}

static void share_out(struct search *search)
{
    for (unsigned i = 0; i < search->crew.size; i++)
        atomic_store(&search->shares[i].taken, 0);
}

/* The worker's piece becomes the one that is as far from the end of a share as it was from its
 * beginning. */
static void turn_round(struct worker *worker, size_t from, size_t end)
{
    const size_t at = from + (end - worker->end);
    worker->end = from + (end - worker->at);
    worker->at = at;
}

/* Hands out a piece of `size` positions; false when nothing is left. Each worker begins with its
 * own share, which on a level is about what it has discovered itself, and helps others after. Logs
 * tend to be in order, so one goes through its share from the beginning and the next from the end:
 * so they seldom write to one cache line of the table at the same time. */
static bool claim(struct worker *worker, size_t size)
{
    struct search *search = worker->search;
    const unsigned workers = search->crew.size;
    size_t grain = size / (workers * 16);
    grain = grain < 16 ? 16 : grain > 4096 ? 4096 : grain;
    for (unsigned i = 0; i < workers; i++) {
        const unsigned whose = (worker->id + i) % workers;
        const size_t from = size / workers * whose;
        const size_t end = whose + 1 < workers ? from + size / workers : size;
        const size_t at = from + atomic_fetch_add(&search->shares[whose].taken, grain);
        if (at >= end)
            continue;
        worker->at = at;
        worker->end = end - at < grain ? end : at + grain;
        if (whose % 2)
            turn_round(worker, from, end);
        return true;
    }
    worker->at = worker->end = 0;
    return false;
}

#include "findings.h"

/* ── storing states ───────────────────────────────────────────────────────────────────────── */

/* Doubles the room for successors. A worker without memory for that drops what it has: the search
 * ends here, as `stop` says. */
void more_room(struct work *work)
{
    struct worker *worker = (struct worker *)work;
    const size_t bytes = worker->capacity * WORDS * sizeof(word);
    word *wider = memory_take(2 * bytes);
    if (wider == NULL) {
        stop(worker->search, MEMORY);
        work->next = worker->room;
        return;
    }
    memcpy(wider, worker->room, bytes);
    memory_give(worker->room, bytes);
    worker->room = wider;
    worker->capacity *= 2;
    work->room = wider;
    work->labels = need(realloc(work->labels, worker->capacity * sizeof *work->labels));
    work->next = wider + bytes / sizeof(word);
    work->end = wider + 2 * bytes / sizeof(word);
}

static size_t successors_held(const struct worker *worker)
{
    return (size_t)(worker->work.next - worker->room) / WORDS;
}

static bool more_tickets(struct worker *worker)
{
    struct table *table = &worker->search->table;
    const word share = table->most / (8 * worker->search->crew.size);
    const word wanted = share < TICKETS ? share : TICKETS;
    if (atomic_fetch_add(&table->reserved, wanted) + wanted > table->most) {
        atomic_fetch_sub(&table->reserved, wanted);
        atomic_store(&worker->search->full, true);
        return false;
    }
    worker->tickets = wanted;
    return true;
}

/* A state that was not in the table: log it and judge it. False where the search has to end. */
static bool discover(struct worker *worker, const word *state, uint16_t label)
{
    struct search *search = worker->search;
    if (search->limit && atomic_fetch_add(&search->admitted, 1) >= search->limit) {
        stop(search, LIMIT);
        return false;
    }
    if (!log_append(&worker->log, state)
        || !labels_append(&worker->labels[search->storing % 2], label)) {
        stop(search, MEMORY);
        return false;
    }
    examine(&worker->work, state);
    return true;
}

static void make_canonical(word *states, size_t count)
{
    if (model.canonical != NULL)
        model.canonical(states, count);
}

/* How states are looked up in the table; how many of `count` before there were no numbers left. */
static size_t look_ahead(struct worker *worker, const word *state, size_t count,
                         struct probe *probes)
{
    const struct table *table = &worker->search->table;
    for (unsigned round = 0; round < 2 && WORDS > 1; round++)
        for (size_t i = 0; i < count; i++)
            fold_ahead(table->fold, worker->recent, state + i * WORDS, round > 0);
    for (size_t i = 0; i < count; i++) {
        word code;
        if (!table_code(table, worker->recent, state + i * WORDS, &code)) {
            atomic_store(&worker->search->unnumbered, true);
            atomic_store(&worker->search->full, true);
            return i;
        }
        probes[i] = table_probe(table, code);
    }
    return count;
}

/* Puts successors into the table, from `state` on. */
static bool store_batch(struct worker *worker, word *state, size_t wanted)
{
    const struct table *table = &worker->search->table;
    struct probe probes[BATCH];
    make_canonical(state, wanted);
    const size_t count = look_ahead(worker, state, wanted, probes);
    /* Not by a function of its own: gcc drops the calls of one that only prefetches. */
    for (size_t i = 0; i < AHEAD && i < count; i++)
        __builtin_prefetch(table_address(table, probes[i].place));
    for (size_t i = 0; i < count; i++, state += WORDS, worker->stored++) {
        if (worker->tickets == 0 && !more_tickets(worker))
            return false;
        if (i + AHEAD < count)
            __builtin_prefetch(table_address(table, probes[i + AHEAD].place));
        const enum insertion answer = table_insert(table, probes[i]);
        if (answer == KNOWN)
            continue;
        if (answer == NO_ROOM) {
            atomic_store(&worker->search->crowded, true);
            atomic_store(&worker->search->full, true);
            return false;
        }
        worker->tickets--;
        if (!discover(worker, state, worker->work.labels[(state - worker->room) / WORDS]))
            return false;
    }
    return count == wanted;
}

/* Puts the successors held into the table. False where that has to wait until the table has
 * grown, or where the search has ended. */
static bool store(struct worker *worker)
{
    const size_t held = successors_held(worker);
    while (worker->stored < held) {
        const size_t left = held - worker->stored;
        if (!store_batch(worker, worker->room + worker->stored * WORDS,
                         left < BATCH ? left : BATCH))
            return false;
    }
    worker->stored = 0;
    worker->work.next = worker->room;
    atomic_store_explicit(&worker->shown_distinct, worker->log.count,
                          memory_order_relaxed);
    atomic_store_explicit(&worker->shown_generated, worker->generated, memory_order_relaxed);
    return true;
}

/* Whether it is time for a report. */
static bool report_is_due(struct search *search)
{
    const double time = now();
    if (time - search->reported < REPORT_EVERY)
        return false;
    search->reported = time;
    return true;
}

/* What a report ends with: memory held, and milliseconds of processor time, of all threads. */
static void print_spent(void)
{
    struct timespec spent;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
    printf(" %zu %lld\n", atomic_load(&memory.held),
           (long long)spent.tv_sec * 1000 + spent.tv_nsec / 1000000);
    fflush(stdout);
}

static void report(struct search *search)
{
    if (!report_is_due(search))
        return;
    uint64_t distinct = 0, generated = 0;
    for (unsigned i = 0; i < search->crew.size; i++) {
        const struct worker *worker = &search->workers[i];
        distinct += atomic_load_explicit(&worker->shown_distinct, memory_order_relaxed);
        generated += atomic_load_explicit(&worker->shown_generated, memory_order_relaxed);
    }
    uint64_t complete = 0;
    for (unsigned i = 0; i < search->crew.size; i++)
        complete += level_bounds(search, search->levels)[i];
    printf("progress %llu %llu %zu %llu", (unsigned long long)distinct,
           (unsigned long long)generated, search->depth,
           (unsigned long long)(distinct > complete ? distinct - complete : 0));
    size_t level = search->levels > TOLD ? search->levels - TOLD : 0;
    for (; level < search->levels; level++)
        printf(" %zu", level_count(search, level));
    print_spent();
}

#include "grow.h"

/* ── expanding ────────────────────────────────────────────────────────────────────────────── */

/* Whether some instance waits for a lock whose holder can never release it: because it is done,
 * or waits for such a lock itself. */
static bool stuck(const word *state, unsigned *holder)
{
    wait_chains(state, holder);
    for (unsigned i = 0; i < model.instances; i++) {
        unsigned at = i, hops = 0;
        while (holder[at] != NOT_WAITING && holder[at] != FINISHED) {
            at = holder[at] - 1;
            if (holder[at] == FINISHED || ++hops > model.instances)
                return true;
        }
    }
    return false;
}

static bool is_deadlock(struct worker *worker, unsigned possible, const word *state)
{
    return (!(possible & ENABLED) && unfinished(state))
           || (possible & BLOCKED && stuck(state, worker->holder));
}

#include "kinds.h"

static void expand_state(struct worker *worker, const word *state, unsigned label)
{
    struct work *work = &worker->work;
    if (worker->search->kinds != NULL) {
        expand_for_kinds(worker, state);
        return;
    }
    const size_t held = successors_held(worker);
    work->repeats = repeats_row(&worker->search->repeats, label);
    work->itself = model.reduced ? NO_STATE : state;
    const unsigned possible = model.reduced ? model.reduced(work, state)
                                            : successors(work, state);
    work->repeats = repeats_row(&worker->search->repeats, 0);
    work->itself = NO_STATE;
    worker->generated += successors_held(worker) - held + work->passed;
    work->passed = 0;
    if (work->open[DEADLOCK] && is_deadlock(worker, possible, state))
        fail(work, DEADLOCK, state);
}

static void expand(struct worker *worker)
{
    struct search *search = worker->search;
    const size_t size = search->level_size;
    do {
        while (worker->at < worker->end) {
            const size_t count = level_read(search, search->depth, worker->at, worker->end,
                                            worker->piece);
            const uint16_t *labels = level_labels(search, search->depth, worker->at);
            for (size_t i = 0; i < count; i++) {
                if (successors_held(worker) >= BATCH && !store(worker))
                    return;
                expand_state(worker, worker->piece + i * WORDS, labels ? labels[i] : 0);
                worker->at++;
            }
        }
        if (stopped(search))
            return;
        if (worker->id == 0)
            report(search);
    } while (!atomic_load_explicit(&search->full, memory_order_relaxed) && claim(worker, size));
    store(worker);
}

/* Expands the whole level, however often the table has to grow meanwhile. */
static void expand_level(struct search *search)
{
    share_out(search);
    for (;;) {
        together_over(search, search->level_size, expand);
        if (!atomic_exchange(&search->full, false) || stopped(search))
            return;
        grow(search);
    }
}

/* ── the beginning ────────────────────────────────────────────────────────────────────────── */

static void begin_walks(struct search *search, const word *states, size_t count);

/* From one combination of initial values: every process to its first await, one after another.
 * Each takes what the one before left in the room for successors, and fills it anew. */
static void start_from(struct search *search, const word *values)
{
    struct worker *worker = &search->workers[0];
    struct work *work = &worker->work;
    word *states = need(malloc(WORDS * sizeof(word)));
    size_t count = 1;
    copy(states, values);
    for (unsigned instance = 0; instance < model.instances; instance++) {
        work->next = worker->room;
        for (size_t i = 0; i < count; i++)
            start(work, states + i * WORDS, instance);
        count = successors_held(worker);
        states = need(realloc(states, count * WORDS * sizeof(word)));
        memcpy(states, worker->room, count * WORDS * sizeof(word));
    }
    work->next = worker->room;
    if (search->walking) {
        begin_walks(search, states, count);
        free(states);
        return;
    }
    for (size_t i = 0; i < count; i++, work->next += WORDS) {
        if (work->next == work->end)
            more_room(work);
        copy(work->next, states + i * WORDS);
    }
    free(states);
    while (!store(worker) && !stopped(search)) {
        atomic_store(&search->full, false);
        grow(search);
    }
}

/* All combinations of initial values, the last variable's changing fastest. */
static void start_search(struct search *search)
{
    unsigned *option = need(calloc(model.variables + 1, sizeof *option));
    unsigned changed;
    do {
        word values[WORDS] = {0};
        for (unsigned v = 0; v < model.variables; v++)
            for (unsigned i = 0; i < WORDS; i++)
                values[i] |= model.initial[v].values[option[v] * WORDS + i];
        start_from(search, values);
        for (changed = model.variables; changed > 0; changed--) {
            if (++option[changed - 1] < model.initial[changed - 1].count)
                break;
            option[changed - 1] = 0;
        }
    } while (changed > 0 && (search->walking || !stopped(search)));
    free(option);
    search->initial = search->workers[0].log.count;
}

#include "checkpoint.h"

static void run(struct search *search)
{
    bool begun = go_on(search);
    if (!begun)
        start_search(search);
    for (;; begun = false) {
        if (!begun)
            collect_findings(search);
        if (stopped(search) || (!begun && !finish_level(search)))
            return;
        save_when_due(search);
        if (search->stop_early && any_violation(search)) {
            stop(search, EARLY);
            return;
        }
        search->depth = search->levels - 1;
        search->storing = search->levels;
        for (unsigned i = 0; i < search->crew.size; i++)
            search->workers[i].labels[search->storing % 2].count = 0;
        expand_level(search);
    }
}

#include "paths.h"

#include "liveness.h"

#include "walks.h"

#include "answers.h"

/* ── the beginning of everything ──────────────────────────────────────────────────────────── */

static void interrupt(int signal)
{
    (void)signal;
    signalled = 1;
}

static void open_worker(struct search *search, unsigned id)
{
    struct worker *worker = &search->workers[id];
    const size_t capacity = 2 * BATCH;
    worker->search = search;
    worker->id = id;
    worker->capacity = capacity;
    worker->room = need(memory_take(capacity * WORDS * sizeof(word)));
    worker->recent = need_apart((search->fold.tables * LATELY + 1) * sizeof(struct recent));
    worker->work = (struct work){
        .next = worker->room,
        .end = worker->room + capacity * WORDS,
        .room = worker->room,
        .labels = need(calloc(capacity, sizeof(uint16_t))),
        .repeats = repeats_row(&search->repeats, 0),
        .itself = NO_STATE,
        .open = search->open,
        .seen = need_apart(model.antecedents + 1),
        .fired = need_apart(model.locations + 1),
    };
    worker->findings = need_apart(model.properties * sizeof(struct finding));
    worker->steps_back = need_apart(model.properties * sizeof(struct finding));
    worker->holder = need_apart((model.instances + 1) * sizeof(unsigned));
    if (!log_open(&worker->log, search->spill))
        need(NULL);
}

static void open_search(struct search *search, unsigned threads)
{
    search->open = need(calloc(model.properties, sizeof(bool)));
    memset(search->open, true, model.properties);
    search->findings = need(calloc(model.properties, sizeof(struct finding)));
    search->sought = model.properties;
    search->paths = need(calloc(model.properties, sizeof(struct path)));
    search->active = need(calloc(model.properties, sizeof(size_t)));
    search->likely = need(calloc((size_t)1 << LIKELY_BITS, sizeof(bool)));
    search->bounds = need(calloc(threads, sizeof(size_t)));
    search->workers = need_apart(threads * sizeof(struct worker));
    if (!fold_open(&search->fold)
        || !table_open(&search->table, &search->fold,
                       table_kind(FIRST_CAPACITY, memory.budget, code_bits(&search->fold)),
                       FIRST_CAPACITY))
        need(NULL);
    if (!repeats_open(&search->repeats))
        need(NULL);
    search->crew.size = threads;
    pthread_mutex_init(&search->crew.lock, NULL);
    pthread_cond_init(&search->crew.begin, NULL);
    pthread_cond_init(&search->crew.done, NULL);
    for (unsigned i = 0; i < threads; i++)
        open_worker(search, i);
    for (unsigned i = 1; i < threads; i++)
        if (pthread_create(&search->workers[i].thread, NULL, follow, &search->workers[i]) != 0) {
            fprintf(stderr, "engine: can not start %u threads\n", threads);
            exit(EXIT_FAILURE);
        }
}

struct options {
    unsigned long long threads, limit, memory, early, live;
    unsigned long long clock;           /* tell how long everything took, for measurements */
    const char *dump;                   /* the file for all states */
    const char *spill;                  /* the folder for levels that memory has no room for */
    const char *checkpoint, *key;       /* the folder; and what tells the model, in hexadecimal */
    unsigned long long every;           /* milliseconds between checkpoints */
    unsigned long long kinds, property; /* how many counterexamples to it are wanted; else 0 */
    const char *points;                 /* what tells them apart */
};

/* Arguments are `name=value`; false for anything else. */
static bool read_option(struct options *options, const char *argument)
{
    const struct {
        const char *name;
        unsigned long long *amount;     /* or */
        const char **text;
    } known[] = {
        {"threads=", &options->threads, NULL},
        {"limit=", &options->limit, NULL},
        {"memory=", &options->memory, NULL},
        {"early=", &options->early, NULL},
        {"live=", &options->live, NULL},
        {"clock=", &options->clock, NULL},
        {"dump=", NULL, &options->dump},
        {"spill=", NULL, &options->spill},
        {"checkpoint=", NULL, &options->checkpoint},
        {"key=", NULL, &options->key},
        {"every=", &options->every, NULL},
        {"kinds=", &options->kinds, NULL},
        {"property=", &options->property, NULL},
        {"points=", NULL, &options->points},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const size_t length = strlen(known[i].name);
        const char *value = argument + length;
        if (strncmp(argument, known[i].name, length) != 0)
            continue;
        if (known[i].text != NULL) {
            *known[i].text = value;
            return true;
        }
        char *end;
        *known[i].amount = strtoull(value, &end, 10);
        return end != value && *end == '\0';
    }
    return false;
}

static void open_checkpoint(struct checkpoint *checkpoint, const struct options *options)
{
    checkpoint->folder = options->checkpoint;
    checkpoint->every = (double)options->every / 1000;
    const char *key = options->key ? options->key : "";
    for (unsigned i = 0; i < KEY_WORDS && strlen(key) >= 16; i++, key += 16) {
        char digits[17] = {0};
        memcpy(digits, key, 16);
        checkpoint->key[i] = strtoull(digits, NULL, 16);
    }
}

int main(int count, char **arguments)
{
    static struct search search;
    static struct checkpoint checkpoint;
    static struct kinds kinds;
    struct options options = {.threads = 1, .memory = SIZE_MAX / 2};
    const double begun = now();
    for (int i = 1; i < count; i++)
        if (!read_option(&options, arguments[i])) {
            fprintf(stderr, "engine: what is %s?\n", arguments[i]);
            return EXIT_FAILURE;
        }
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGKILL);   /* without whom the answer is for, there is no use in it */
#endif
    signal(SIGINT, interrupt);
    signal(SIGTERM, interrupt);
    search.limit = options.limit;
    search.stop_early = options.early != 0;
    search.spill = options.spill;
    open_checkpoint(&checkpoint, &options);
    search.checkpoint = &checkpoint;
    search.reported = now();
    memory.budget = SIZE_MAX / 2;        /* what it takes to begin is counted, but not refused */
    open_search(&search, options.threads < 1 ? 1 : options.threads > MOST_THREADS
                ? MOST_THREADS : (unsigned)options.threads);
    memory.budget = options.memory;
    if (options.kinds > 0) {
        kinds.most = options.kinds;
        kinds.property = (unsigned)options.property;
        if (kinds.property >= model.properties || options.points == NULL
            || !read_points(&kinds, options.points)) {
            fprintf(stderr, "engine: property and points do not fit the model\n");
            return EXIT_FAILURE;
        }
        open_kinds(&search, &kinds);
    }
    run(&search);
    print_counts(&search);
    if (options.live && model.lives && search.reason == RUNNING) {
        judge_liveness(&search);
        print_liveness(&search);
    }
    if (search.kinds != NULL)
        seek_kinds(&search);
    find_paths(&search);
    if (model.canonical != NULL)
        walk_paths(&search);
    if (options.clock)
        printf("took %.6f\n", now() - begun);
    print_paths(&search);
    dismiss(&search);
    if (options.dump != NULL && !dump(&search, options.dump)) {
        fprintf(stderr, "engine: can not write %s\n", options.dump);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
