/* From representatives to real states: the paths of a search that was reduced by symmetry, walked
 * again. */
#ifndef WALKS_H
#define WALKS_H

/* Whether `states` has a canonical form equal to `representative`, and is less than `kept`. */
static bool stands_for(const word *state, const word *representative, const word *kept)
{
    word form[WORDS];
    copy(form, state);
    make_canonical(form, 1);
    return equal(form, representative) && (kept == NULL || compare(state, kept) < 0);
}

/* The real beginnings of all paths, as far as they are among these initial states: a path with
 * one has `known` 1. */
static void begin_walks(struct search *search, const word *states, size_t count)
{
    for (size_t p = 0; p < model.properties; p++) {
        struct path *path = &search->paths[p];
        for (size_t i = 0; i < count && path->count > 0; i++) {
            const word *state = states + i * WORDS;
            if (stands_for(state, path->states, path->known ? path->real : NULL)) {
                copy(path->real, state);
                path->known = 1;
            }
        }
    }
}

/* The least real successor that the next representative stands for. The last state of a path that
 * breaks a property of steps has to break it together with the one before. */
static void walk_step(struct search *search, size_t property, size_t at)
{
    struct worker *worker = &search->workers[0];
    struct path *path = &search->paths[property];
    struct finding *finding = &worker->findings[property];
    const word *before = path->real + (at - 1) * WORDS, *kept = NULL;
    const bool last = search->findings[property].step && at + 1 == path->count;
    finding->set = false;
    search->open[property] = last;
    worker->work.next = worker->room;
    successors(&worker->work, before);
    search->open[property] = false;
    const size_t count = successors_held(worker);
    for (size_t i = 0; i < count && !last; i++)
        if (stands_for(worker->room + i * WORDS, path->states + at * WORDS, kept))
            kept = worker->room + i * WORDS;
    if (last && finding->set)
        kept = finding->after;
    if (kept == NULL) {
        fprintf(stderr, "engine: no real step follows state %zu of a path\n", at - 1);
        exit(EXIT_FAILURE);
    }
    copy(path->real + at * WORDS, kept);
}

/* Paths of representatives become paths of states that follow each other: from an initial state
 * on, each time by a step to a state that the next representative stands for. There is one: what
 * can be done to a representative can be done to every state that it stands for. */
static void walk_paths(struct search *search)
{
    for (size_t p = 0; p < model.properties; p++) {
        struct path *path = &search->paths[p];
        path->known = 0;
        path->real = need(malloc((path->count + 1) * WORDS * sizeof(word)));
    }
    search->walking = true;
    start_search(search);
    for (size_t p = 0; p < model.properties; p++) {
        struct path *path = &search->paths[p];
        if (path->count > 0 && path->known == 0) {
            fprintf(stderr, "engine: a path begins with no initial state\n");
            exit(EXIT_FAILURE);
        }
        for (size_t at = 1; at < path->count; at++)
            walk_step(search, p, at);
        memcpy(path->states, path->real, path->count * WORDS * sizeof(word));
    }
}

#endif
