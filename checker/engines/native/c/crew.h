/* The threads of a search, and how they are given work: every job is called once by each. */
#ifndef CREW_H
#define CREW_H

/* Sleeping and being woken takes longer than many a level does, so a thread first looks for
 * some fifty microseconds whether it may go on. */
#define LOOKS 4000

static void pause_a_little(void)
{
#if defined __x86_64__ || defined __i386__
    __builtin_ia32_pause();
#elif defined __aarch64__
    __asm__ volatile("yield");
#endif
}

static void wait_for_round(struct crew *crew, unsigned seen)
{
    for (unsigned looks = 0; looks < LOOKS; looks++) {
        if (atomic_load(&crew->round) != seen)
            return;
        pause_a_little();
    }
    pthread_mutex_lock(&crew->lock);
    while (atomic_load(&crew->round) == seen)
        pthread_cond_wait(&crew->begin, &crew->lock);
    pthread_mutex_unlock(&crew->lock);
}

static void wait_for_others(struct crew *crew)
{
    for (unsigned looks = 0; looks < LOOKS; looks++) {
        if (atomic_load(&crew->busy) == 0)
            return;
        pause_a_little();
    }
    pthread_mutex_lock(&crew->lock);
    while (atomic_load(&crew->busy) > 0)
        pthread_cond_wait(&crew->done, &crew->lock);
    pthread_mutex_unlock(&crew->lock);
}

static void *follow(void *argument)
{
    struct worker *worker = argument;
    struct crew *crew = &worker->search->crew;
    for (unsigned seen = 0;; seen++) {
        wait_for_round(crew, seen);
        if (crew->over)
            return NULL;
        crew->job(worker);
        if (atomic_fetch_sub(&crew->busy, 1) == 1) {
            pthread_mutex_lock(&crew->lock);
            pthread_cond_signal(&crew->done);
            pthread_mutex_unlock(&crew->lock);
        }
    }
}

static void begin_round(struct crew *crew, void (*job)(struct worker *))
{
    pthread_mutex_lock(&crew->lock);
    crew->job = job;
    crew->over = job == NULL;
    atomic_store(&crew->busy, crew->size - 1);
    atomic_fetch_add(&crew->round, 1);
    pthread_cond_broadcast(&crew->begin);
    pthread_mutex_unlock(&crew->lock);
}

/* Everybody does the job; returns when all are done. */
static void together(struct search *search, void (*job)(struct worker *))
{
    struct crew *crew = &search->crew;
    if (crew->size > 1)
        begin_round(crew, job);
    job(&search->workers[0]);
    wait_for_others(crew);
}

static void dismiss(struct search *search)
{
    struct crew *crew = &search->crew;
    begin_round(crew, NULL);
    for (unsigned i = 1; i < crew->size; i++)
        pthread_join(search->workers[i].thread, NULL);
}

/* A job over `size` positions, see share_out(); a small one is for the leader alone. */
static void together_over(struct search *search, size_t size, void (*job)(struct worker *))
{
    if (size < ALONE)
        job(&search->workers[0]);
    else
        together(search, job);
}

/* ── what all of them have done ───────────────────────────────────────────────────────────── */

static size_t states_stored(const struct search *search)
{
    size_t states = 0;
    for (unsigned i = 0; i < search->crew.size; i++)
        states += search->workers[i].log.count;
    return states;
}

static uint64_t steps_generated(const struct search *search)
{
    uint64_t generated = 0;
    for (unsigned i = 0; i < search->crew.size; i++)
        generated += search->workers[i].generated;
    return generated;
}

static bool has_fired(const struct search *search, unsigned location)
{
    for (unsigned i = 0; i < search->crew.size; i++)
        if (search->workers[i].work.fired[location])
            return true;
    return false;
}

static bool has_seen(const struct search *search, unsigned antecedent)
{
    for (unsigned i = 0; i < search->crew.size; i++)
        if (search->workers[i].work.seen[antecedent])
            return true;
    return false;
}

#endif
