/* All workers look at the states by their projections (projections.h), for one property.
 *
 * A part of liveness.h. States are read from the logs, where they lie one after another; their
 * successors are generated, but not looked up, so this takes little more than generating them.
 */
#ifndef SURVEY_H
#define SURVEY_H

#ifndef FIELDS
#define FIELDS true                     /* false, for tests of what comes after */
#endif

/* The states from a position on, all logs being one; at most `most`, and how many those were. */
static size_t read_logs(const struct search *search, size_t position, size_t most, word *states)
{
    const struct worker *owner = search->workers;
    for (; position >= owner->log.count; owner++)
        position -= owner->log.count;
    return log_rest(&owner->log, position, most < PIECE ? most : PIECE, states);
}

/* A run without the goal begins in a state. */
static void survey_begin(const struct projection *projection, const word *state)
{
    for (unsigned f = 0; f < model.field_count; f++) {
        const word value = (word)1 << field_value(&model.fields[f], state);
        if (!(atomic_load_explicit(&projection->reached[f], memory_order_relaxed) & value))
            atomic_fetch_or(&projection->reached[f], value);
    }
}

/* Whether a state that lacks the goal is to be looked at in this round. */
static bool survey_wants(const struct liveness *live, struct builder *builder, const word *state)
{
    const unsigned which = live->property - first_live();
    const struct projection *projection = &live->projections[which];
    if (projection->known)
        return !has_value(state, projection->lost);
    if (live->again && !has_value(state, projection->freed))
        return false;
    if (model.asked[which] && model.premise(live->property, state))
        survey_begin(projection, state);
    const unsigned apart = field_apart(projection, state);
    if (apart < model.field_count)
        builder->tally.missed[apart] |= (word)1 << field_value(&model.fields[apart], state);
    return apart == model.field_count;
}

static void survey_state(struct worker *worker, const word *state)
{
    struct liveness *live = worker->search->liveness;
    struct builder *builder = &live->builders[worker->id];
    const struct projection *projection = &live->projections[live->property - first_live()];
    struct sight sight = {.state = state, .left = builder->left};
    word able = 0;
    unsigned possible = 0;
    worker->work.next = worker->room;
    builder->size = 0;
    expand_turns(worker, builder, state);
    for (unsigned i = 0; i < model.instances; i++) {
        possible |= builder->turns[i].possible;
        able |= builder->turns[i].possible & ENABLED ? live->graph.taken[live->taker[i]] : 0;
    }
    if (projection->known && !may_stay_in(projection, &live->sites, state, able))
        return;
    builder->tally.states++;
    memset(sight.throughout, 0xff, sizeof sight.throughout);
    const word *begin = worker->room;
    for (unsigned i = 0; i < model.instances; begin = builder->turns[i++].end)
        tally_turn(projection, &live->sites, builder->tally, &sight, live->property, begin,
                   builder->turns[i].end, live->graph.taken[live->taker[i]]);
    if (!(possible & ENABLED)) {
        sight.steps = true;
        sight.takers = live->graph.taken[STUTTER];
        memset(sight.throughout, 0, sizeof sight.throughout);
    }
    tally_rest(&live->sites, builder->tally, &sight, live->graph.weak & ~able);
}

static void survey(struct worker *worker)
{
    struct search *search = worker->search;
    struct liveness *live = search->liveness;
    const size_t size = states_stored(search);
    while (claim(worker, size) && !stopped(search)) {
        if (worker->id == 0)
            report_stage(search, "fields", worker->at, size);
        for (size_t count; worker->at < worker->end; worker->at += count) {
            count = read_logs(search, worker->at, worker->end - worker->at, worker->piece);
            for (size_t i = 0; i < count; i++) {
                const word *state = worker->piece + i * WORDS;
                if (!model.goal(live->property, state)
                    && survey_wants(live, &live->builders[worker->id], state))
                    survey_state(worker, state);
            }
        }
    }
}

/* The initial states that lack the goal: from there on a property holds that is not asked. */
static void survey_initial(struct search *search)
{
    const struct liveness *live = search->liveness;
    const unsigned property = live->property;
    word piece[PIECE * WORDS];
    const size_t size = model.asked[property - first_live()] ? 0 : level_count(search, 0);
    for (size_t at = 0, count; at < size; at += count) {
        count = level_read(search, 0, at, size, piece);
        for (size_t i = 0; i < count; i++)
            if (!model.goal(property, piece + i * WORDS))
                survey_begin(&live->projections[property - first_live()], piece + i * WORDS);
    }
}

/* How much the projection tells: it never tells less than before. */
static size_t told(const struct liveness *live, const struct projection *projection)
{
    size_t count = 0;
    for (unsigned f = 0; f < model.field_count; f++)
        for (size_t v = live->sites.of[f].value, value = 0; v < live->sites.of[f + 1].value; v++) {
            count += projection->component[v] == value++;
            count += count_ones(projection->banned[v]);
        }
    for (unsigned f = 0; f < model.field_count; f++)
        count += count_ones(projection->lost[f]);
    return count;
}

/* Everybody looks at the states. What they see is in the tally of the leader. */
static struct tally *survey_states(struct search *search)
{
    struct builder *builders = search->liveness->builders;
    spread(search, states_stored(search), 1, survey);
    for (unsigned i = 1; i < search->crew.size; i++)
        tally_add(&builders[0].tally, &builders[i].tally);
    return &builders[0].tally;
}

/* The states that a run without the goal may get to as the fields tell: as long as values are
 * reached for want of which states were left out, these are looked at again. */
static struct tally *survey_reached(struct search *search)
{
    struct liveness *live = search->liveness;
    struct projection *projection = &live->projections[live->property - first_live()];
    struct tally *sum;
    unsigned passes = 0;
    survey_initial(search);
    live->again = false;
    do {
        sum = survey_states(search);
        live->again = false;
        passes++;
        for (unsigned f = 0; f < model.field_count; f++) {
            if (passes == MOST_ROUNDS)
                projection->reached[f] = ~(word)0;      /* for all that is known */
            projection->freed[f] = sum->missed[f] & projection->reached[f];
            live->again |= projection->freed[f] != 0;
            for (unsigned i = 0; i < search->crew.size; i++)
                live->builders[i].tally.missed[f] &= ~projection->freed[f];
        }
    } while (live->again && !stopped(search));
    return sum;
}

/* The states that everybody looked at in the last round. */
static size_t survey_size(const struct search *search)
{
    size_t states = 0;
    for (unsigned i = 0; i < search->crew.size; i++)
        states += search->liveness->builders[i].tally.states;
    return states;
}

/* One round; false where no run can stay without the goal, as the fields tell. */
static bool survey_round(struct search *search)
{
    struct liveness *live = search->liveness;
    struct projection *projection = &live->projections[live->property - first_live()];
    for (unsigned i = 0; i < search->crew.size; i++)
        tally_clear(&live->builders[i].tally);
    const struct tally *sum = projection->known ? survey_states(search) : survey_reached(search);
    if (stopped(search))
        return true;
    bool may = survey_size(search) > 0;
    for (unsigned f = 0; f < model.field_count; f++)
        may &= judge_field(projection, &live->sites, sum, &live->graph, f);
    projection->known = true;
    return may;
}

/* Whether the property may fail, as far as the fields tell: if not, it holds. */
static bool may_fail(struct search *search)
{
    struct liveness *live = search->liveness;
    const struct projection *projection = &live->projections[live->property - first_live()];
    size_t before = SIZE_MAX, now = 0, states = 0;
    for (unsigned round = 0; round < MOST_ROUNDS; round++) {
        if (!survey_round(search))
            return false;
        now = told(live, projection);
        if (stopped(search) || now == before
            || (round > 1 && !WORTH(states, survey_size(search))))
            break;
        before = now;
        states = survey_size(search);
    }
    return true;
}

#endif
