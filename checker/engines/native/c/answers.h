/* What the engine prints: lines of words, which run.py reads. */
#ifndef ANSWERS_H
#define ANSWERS_H

static void print_counts(const struct search *search)
{
    printf("result %s %llu %llu %zu %zu\n", reason_names[search->reason],
           (unsigned long long)states_stored(search),
           (unsigned long long)steps_generated(search), search->initial, atomic_load(&memory.held));
    printf("levels");
    for (size_t level = 0; level < search->levels; level++)
        printf(" %zu", level_count(search, level));
    printf("\nfired");
    for (unsigned l = 0; l < model.locations; l++)
        if (has_fired(search, l))
            printf(" %u", l);
    printf("\ntable %s %zu", kind_names[search->table.kind],
           table_memory(&search->table) + fold_memory(&search->fold));
    printf("\nantecedents");
    for (unsigned a = 0; a < model.antecedents; a++)
        if (has_seen(search, a))
            printf(" %u", a);
    printf("\n");
    fflush(stdout);
}

static void print_states(const word *states, size_t count)
{
    for (size_t i = 0; i < count * WORDS; i++)
        printf("%llx%c", (unsigned long long)states[i], (i + 1) % WORDS == 0 ? '\n' : ' ');
}

/* How a lasso goes on after its path, and the state of both together that it returns to. */
static void print_tail(const struct search *search, unsigned property)
{
    const struct liveness *live = search->liveness;
    const struct tail *tail = &live->tails[property - first_live()];
    printf("tail %u %zu %zu\n", property, tail->count, live->loops[property - first_live()]);
    print_states(tail->states, tail->count);
}

static void print_paths(const struct search *search)
{
    for (unsigned p = 0; p < search->sought; p++) {
        const struct path *path = &search->paths[p];
        if (!search->findings[p].set)
            continue;
        if (search->kinds != NULL)
            printf("kind %zu\n", path->count);
        else
            printf("path %u %zu\n", p, path->count);
        print_states(path->states, path->count);
        if (search->kinds == NULL && p >= first_live())
            print_tail(search, p);
    }
    printf("end\n");
    fflush(stdout);
}

/* Writes all states to a file, as they lie in memory; false where that fails. */
static bool dump(const struct search *search, const char *name)
{
    FILE *file = fopen(name, "wb");
    if (file == NULL)
        return false;
    word states[PIECE * WORDS];
    for (unsigned i = 0; i < search->crew.size; i++) {
        const struct log *log = &search->workers[i].log;
        for (size_t at = 0, count; at < log->count; at += count) {
            count = log_rest(log, at, PIECE, states);
            fwrite(states, WORDS * sizeof(word), count, file);
        }
    }
    const bool good = !ferror(file);
    return fclose(file) == 0 && good;
}

#endif
