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

/* Until a number of the crew has a value; `told` is signalled when it has. */
static void wait_until(struct crew *crew, const _Atomic unsigned *watched, unsigned value,
                       pthread_cond_t *told)
{
    for (unsigned looks = 0; looks < LOOKS; looks++) {
        if (atomic_load(watched) == value)
            return;
        pause_a_little();
    }
    pthread_mutex_lock(&crew->lock);
    while (atomic_load(watched) != value)
        pthread_cond_wait(told, &crew->lock);
    pthread_mutex_unlock(&crew->lock);
}

static void *follow(void *argument)
{
    struct worker *worker = argument;
    struct crew *crew = &worker->search->crew;
    for (unsigned round = 1;; round++) {        /* none begins before all are done with the last */
        wait_until(crew, &crew->round, round, &crew->begin);
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
    wait_until(crew, &crew->busy, 0, &crew->done);
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
