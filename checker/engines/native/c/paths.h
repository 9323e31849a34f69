/* The paths to what was found, from the end backwards: the predecessor of a state is the smallest
 * one of the level before that has it as a successor. All paths go back together, so that each
 * level is expanded once. */
#ifndef PATHS_H
#define PATHS_H

/* Every bit of the result depends on every bit of the state. */
static word hash_of_state(const word *state)
{
    word hash = hash_of(state[0]);
    for (unsigned i = 1; i < WORDS; i++)
        hash = hash_of((hash ^ hash >> 33) + state[i]);
    return hash;
}

static const word *wanted(const struct search *search, size_t property)
{
    const struct path *path = &search->paths[property];
    return path->states + path->known * WORDS;
}

/* Where a predecessor is known for every path, no state from the largest of them on can be one. */
static void set_bound(struct worker *worker)
{
    const struct search *search = worker->search;
    const struct finding *largest = &worker->steps_back[search->active[0]];
    worker->bounded = true;
    for (size_t i = 0; i < search->actives; i++) {
        const struct finding *step = &worker->steps_back[search->active[i]];
        worker->bounded = worker->bounded && step->set;
        if (compare(step->state, largest->state) > 0)
            largest = step;
    }
    copy(worker->bound, largest->state);
}

/* Notes `state` as the predecessor for every path that continues with one of its successors. */
static void match(struct worker *worker, const word *state)
{
    const struct search *search = worker->search;
    const word *end = worker->work.next;
    for (const word *after = worker->room; after < end; after += WORDS) {
        if (!search->likely[hash_of_state(after) >> (64 - LIKELY_BITS)])
            continue;
        for (size_t i = 0; i < search->actives; i++) {
            struct finding *step = &worker->steps_back[search->active[i]];
            if (equal(after, wanted(search, search->active[i]))
                && (!step->set || compare(state, step->state) < 0)) {
                *step = (struct finding){.set = true};
                copy(step->state, state);
                set_bound(worker);
            }
        }
    }
}

/* Tells the others the smallest predecessors known, and hears theirs, so that nobody expands states
 * that can not be one any more. */
static void exchange(struct worker *worker)
{
    struct search *search = worker->search;
    pthread_mutex_lock(&search->crew.lock);
    for (size_t i = 0; i < search->actives; i++) {
        struct finding *mine = &worker->steps_back[search->active[i]];
        struct finding *known = &search->paths[search->active[i]].step_back;
        if (mine->set)
            keep_smaller(known, mine);
        *mine = *known;
    }
    pthread_mutex_unlock(&search->crew.lock);
    set_bound(worker);
}

/* Expands those of some states that may be the smallest predecessor of a path. */
static void look_back_from(struct worker *worker, const word *states, size_t count)
{
    for (const word *end = states + count * WORDS; states < end; states += WORDS) {
        if (worker->bounded && compare(states, worker->bound) >= 0)
            continue;
        worker->work.next = worker->room;
        successors(&worker->work, states);
        make_canonical(worker->room, successors_held(worker));
        match(worker, states);
    }
}

/* What others have found matters most before anything is known: each state is expanded then. */
static void look_back(struct worker *worker)
{
    struct search *search = worker->search;
    for (exchange(worker); claim(worker, search->level_size); exchange(worker))
        while (worker->at < worker->end) {
            const size_t count = level_read(search, search->depth, worker->at, worker->end,
                                            worker->piece);
            worker->at += count;
            look_back_from(worker, worker->piece, count);
            if (!worker->bounded)
                exchange(worker);
        }
}

/* Prepends to every path that begins at `depth` its predecessor on the level before. */
static void step_back(struct search *search, size_t depth)
{
    memset(search->likely, 0, (size_t)1 << LIKELY_BITS);
    search->actives = 0;
    for (size_t p = 0; p < search->sought; p++) {
        if (!search->findings[p].set || search->paths[p].known != depth)
            continue;
        search->active[search->actives++] = p;
        search->likely[hash_of_state(wanted(search, p)) >> (64 - LIKELY_BITS)] = true;
        search->paths[p].step_back.set = false;
        for (unsigned i = 0; i < search->crew.size; i++)
            search->workers[i].steps_back[p].set = false;
    }
    if (search->actives == 0)
        return;
    search->depth = depth - 1;
    search->level_size = level_count(search, depth - 1);
    share_out(search);
    together_over(search, search->level_size, look_back);
    for (size_t i = 0; i < search->actives; i++) {
        const size_t p = search->active[i];
        struct path *path = &search->paths[p];
        if (!path->step_back.set) {
            fprintf(stderr, "engine: a state of level %zu has no predecessor\n", depth);
            exit(EXIT_FAILURE);
        }
        path->known--;
        copy(path->states + path->known * WORDS, path->step_back.state);
    }
}

/* The paths to all findings. Properties are closed and rooms empty, so that expanding a state
 * again has no effect but its successors. */
static void find_paths(struct search *search)
{
    size_t deepest = 0;
    memset(search->open, 0, model.properties);
    for (unsigned i = 0; i < search->crew.size; i++) {
        struct worker *worker = &search->workers[i];
        worker->work.next = worker->room;
        worker->at = worker->end = 0;
    }
    for (size_t p = 0; p < search->sought; p++) {
        const struct finding *finding = &search->findings[p];
        struct path *path = &search->paths[p];
        if (!finding->set)
            continue;
        path->count = finding->depth + 1 + finding->step;
        path->known = finding->depth;
        path->states = need(malloc(path->count * WORDS * sizeof(word)));
        copy(path->states + path->known * WORDS, finding->state);
        if (finding->step)
            copy(path->states + (path->known + 1) * WORDS, finding->after);
        deepest = finding->depth > deepest ? finding->depth : deepest;
    }
    for (; deepest > 0; deepest--)
        step_back(search, deepest);
}

#endif
