/* A table that is full becomes a larger one, while the workers wait with their pieces of a level.
 *
 * As a rule the larger table is filled from the old one, part by part in the order of the slots.
 * Where the budget has no room for both, the levels that are over go to files first; and where
 * that is not enough, the old table goes away, and the larger one is filled from the logs.
 */
#ifndef GROW_H
#define GROW_H

/* What a table is opened with. */
struct shape {
    enum kind kind;
    word slots;
};

static size_t free_room(void)
{
    const size_t held = atomic_load(&memory.held);
    return held < memory.budget ? memory.budget - held : 0;
}

/* The shape of a larger table, or where the codes outgrew it of one as large, within `room` bytes,
 * of which some are left for the logs: of so many slots or of half as many, of the kind that is
 * best then, or of as many WHOLE slots as there is room for, where that is worth it. False where
 * there is none. */
static bool larger(const struct table *table, word slots, size_t room, struct shape *shape)
{
    const size_t usable = room / 8 * 7;
    const unsigned bits = code_bits(table->fold);
    const word least = codes_fit(table) ? table->asked + 1 : table->asked;
    for (word wanted = slots; wanted >= least && wanted >= slots / 2; wanted /= 2) {
        const enum kind kind = table_kind(wanted, usable, bits);
        *shape = (struct shape){kind, wanted};
        if (table_bytes(kind, table_capacity(kind, wanted, bits)) <= usable)
            return true;
    }
    *shape = (struct shape){WHOLE, usable / sizeof(word)};
    return table->kind == WHOLE && shape->slots >= table->capacity / 4 * 5;
}

/* Whether memory has become free, by writing to files the levels that are over. */
static bool shed_levels(struct search *search)
{
    bool any = false;
    for (unsigned i = 0; i < search->crew.size; i++)
        any |= log_shed(&search->workers[i].log);
    return any;
}

static void put_again(struct search *search, const struct table *table, struct probe probe)
{
    if (table_insert(table, probe) == NO_ROOM)
        atomic_store(&search->crowded, true);
}

static void move_states(struct worker *worker)
{
    struct search *search = worker->search;
    const struct table *from = &search->table, *to = &search->wider;
    const bool alike = table_mixes_alike(from, to);
    word code, slot;
    while (claim(worker, table_indices(from)))
        for (; worker->at < worker->end; worker->at++)
            if (!alike && table_read_code(from, worker->at, &code))
                put_again(search, to, table_probe(to, table_recode(from, to, code)));
            else if (alike && (slot = table_slot(from, worker->at)) != 0)
                put_again(search, to, compact_probe(to, compact_mixed(from, worker->at, slot)));
}

static void refill(struct worker *worker)
{
    const struct log *log = &worker->log;
    const struct table *table = &worker->search->table;
    word code;
    for (size_t at = 0, count; at < log->count; at += count) {
        count = log_rest(log, at, PIECE, worker->piece);
        /* All parts of these states have their numbers. */
        for (size_t i = 0; i < count; i++)
            if (table_code(table, worker->recent, worker->piece + i * WORDS, &code))
                put_again(worker->search, table, table_probe(table, code));
    }
}

/* Has the crew do a job between two parts of a level. The tickets of the table that was are void:
 * those of the one that is now are as many as there are states. */
static void interlude(struct search *search, struct table *now, void (*job)(struct worker *))
{
    size_t at[MOST_THREADS], end[MOST_THREADS], taken[MOST_THREADS];
    for (unsigned i = 0; i < search->crew.size; i++) {
        struct worker *worker = &search->workers[i];
        at[i] = worker->at;
        end[i] = worker->end;
        taken[i] = atomic_exchange(&search->shares[i].taken, 0);
        worker->tickets = 0;
    }
    together(search, job);
    for (unsigned i = 0; i < search->crew.size; i++) {
        search->workers[i].at = at[i];
        search->workers[i].end = end[i];
        atomic_store(&search->shares[i].taken, taken[i]);
    }
    atomic_store(&now->reserved, states_stored(search));
}

/* False where some states found no slot in it: the old table remains. */
static bool fill_from_table(struct search *search, struct shape shape)
{
    if (!table_open(&search->wider, &search->fold, shape.kind, shape.slots))
        return false;
    interlude(search, &search->wider, move_states);
    struct table *left = atomic_exchange(&search->crowded, false) ? &search->wider : &search->table;
    table_close(left);
    if (left == &search->wider)
        return false;
    search->table = search->wider;
    return true;
}

static bool fill_from_logs(struct search *search, struct shape shape)
{
    table_close(&search->table);
    if (!table_open(&search->table, &search->fold, shape.kind, shape.slots))
        return false;
    interlude(search, &search->table, refill);
    return !atomic_exchange(&search->crowded, false);
}

/* More numbers for the parts of states. Ends the search where there is no memory for them. */
static bool more_numbers(struct search *search)
{
    if (fold_grow(&search->fold) || (shed_levels(search) && fold_grow(&search->fold)))
        return true;
    stop(search, MEMORY);
    return false;
}

/* Makes the table larger. Where the budget does not allow that, lets it fill up further, and ends
 * the search where it is as full as it may be. */
static void grow(struct search *search)
{
    struct table *table = &search->table;
    word slots = FIRST_CAPACITY;
    if (atomic_exchange(&search->unnumbered, false)) {
        if (!more_numbers(search))
            return;
        if (codes_fit(table) && !atomic_load(&search->crowded))
            return;
    }
    const bool crowded = atomic_exchange(&search->crowded, false);
    const word times = !crowded && !codes_fit(table) ? 1
                       : table_memory(table) < HUGE_PAGE * 16 ? 4 : 2;
    while (slots < table->asked * times)
        slots *= 2;
    struct shape shape;
    while (larger(table, slots, free_room(), &shape)
           || (shed_levels(search) && larger(table, slots, free_room(), &shape))) {
        if (fill_from_table(search, shape))
            return;
        slots = shape.slots * 2;
    }
    if (larger(table, slots, free_room() + table_memory(table), &shape)) {
        if (!fill_from_logs(search, shape))
            stop(search, MEMORY);
        return;
    }
    if (crowded || !codes_fit(table) || table->most >= table->capacity / 8 * 7)
        stop(search, MEMORY);
    table->most = table->capacity / 8 * 7;
}

#endif
