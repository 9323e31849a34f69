/* Projections: what can be told of a property by looking at each part of the states alone.
 *
 * A state has fields of a few bits, and the values that a field has, with the steps from one to the
 * other, make a graph of at most VALUES nodes. A strongly connected component of states projects
 * into one component of each of these graphs. So no cycle has a step that leads from one component
 * of a field to another; and a component of a field whose states neglect a weak instance has no
 * fair component of states. What is lost so is left out when the states are looked at once more,
 * for then less is taken and less connected; and so on while that helps. Most properties hold for
 * such a reason: somebody has to step, and each of its steps is one forward. Then nothing has to
 * be written down or looked up. Otherwise, the graph needs those states alone that a run without
 * the goal can reach as far as the fields tell, and fair components are where nothing was lost.
 *
 * All workers look at the states, in the order of their logs.
 */
#ifndef PROJECTIONS_H
#define PROJECTIONS_H

#include "graph.h"

#define VALUES 64                       /* of a field, at most */
#define MOST_ROUNDS 8
#define WORTH(before, now) ((now) <= (before) / 4 * 3)     /* another round */

/* What was seen of the fields; by field and value where nothing else is said. */
struct tally {
    word *taken;                        /* and value: by whom a step is taken to that one */
    word *unable;                       /* weak instances that are, in some state */
    word *leads;                        /* where steps lead, as bits */
    word *missed;                       /* by field: values that states were left out for, as bits */
    size_t states;                      /* looked at */
    size_t bytes;
};

/* What a property was found to be; by field and value, or by field the values, as bits. */
struct projection {
    bool known;                         /* whether there is anything below */
    word *banned;                       /* strong instances that are not able where a run stays */
    word *lost;                         /* no run stays there */
    _Atomic word *reached;              /* a run without the goal may get there */
    word *freed;                        /* reached only after states were left out for them */
    unsigned char *component;           /* the same number for values of one component */
};

/* Where the figures of a field are, in a tally; and where it is in a state. */
struct site {
    word mask;                          /* its bits */
    uint32_t value, pair;
    uint16_t field;
    uint8_t shift, width;
};

struct sites {
    struct site *of;                    /* by field, and the end */
    struct site *at;                    /* by bit of a state */
    word covered[WORDS];                /* the bits that are in fields */
};

/* One state while it is looked at. */
struct sight {
    const word *state;
    word *left;                         /* by field: who changes it whatever it does */
    word takers;                        /* of steps that count */
    word throughout[WORDS];             /* the fields that all of these change, all their bits */
    bool steps;                         /* whether there are any */
};

static inline unsigned field_value(const struct field *field, const word *state)
{
    return (unsigned)(state[field->word] >> field->shift) & ((1u << field->width) - 1);
}

static inline word field_mask(const struct field *field)
{
    return (((word)1 << field->width) - 1) << field->shift;
}

static inline bool sites_open(struct sites *sites)
{
    sites->of = calloc(model.field_count + 1, sizeof *sites->of);
    sites->at = calloc(WORDS * 64, sizeof *sites->at);
    if (sites->of == NULL || sites->at == NULL)
        return false;
    for (unsigned f = 0; f < model.field_count; f++) {
        const struct field *field = &model.fields[f];
        struct site *site = &sites->of[f];
        site->mask = field_mask(field);
        site->field = (uint16_t)f;
        site->shift = (uint8_t)field->shift;
        site->width = (uint8_t)field->width;
        site[1].value = site->value + (1u << field->width);
        site[1].pair = site->pair + (1u << 2 * field->width);
        sites->covered[field->word] |= site->mask;
        for (unsigned bit = 0; bit < field->width; bit++)
            sites->at[field->word * 64 + field->shift + bit] = *site;
    }
    return true;
}

static inline bool tally_open(struct tally *tally, const struct sites *sites)
{
    const struct site *end = &sites->of[model.field_count];
    tally->bytes = (end->pair + 2 * end->value + model.field_count) * sizeof(word);
    tally->taken = memory_take(tally->bytes);
    if (tally->taken == NULL)
        return false;
    tally->unable = tally->taken + end->pair;
    tally->leads = tally->unable + end->value;
    tally->missed = tally->leads + end->value;
    return true;
}

static inline void tally_close(struct tally *tally)
{
    if (tally->taken != NULL)
        memory_give(tally->taken, tally->bytes);
}

static inline void tally_add(struct tally *sum, const struct tally *tally)
{
    for (size_t i = 0; i < tally->bytes / sizeof(word); i++)
        sum->taken[i] |= tally->taken[i];
}

static inline void tally_clear(struct tally *tally)
{
    memset(tally->taken, 0, tally->bytes);
    tally->states = 0;
}

static inline bool projection_open(struct projection *projection, const struct sites *sites)
{
    const size_t values = sites->of[model.field_count].value, fields = model.field_count;
    projection->banned = calloc(values + 2 * fields + 1, sizeof(word));
    projection->reached = calloc(fields + 1, sizeof *projection->reached);
    projection->component = calloc(values + 1, 1);
    projection->lost = projection->banned + values;
    projection->freed = projection->lost + fields;
    return projection->banned != NULL && projection->reached != NULL
           && projection->component != NULL;
}

/* Whether a state has, in some field, one of the values; those of each field as bits. */
static inline bool has_value(const word *state, const word *values)
{
    for (unsigned f = 0; f < model.field_count; f++)
        if (values[f] >> field_value(&model.fields[f], state) & 1)
            return true;
    return false;
}

/* The first field with a value that is not reached, or as many as there are. */
static inline unsigned field_apart(const struct projection *projection, const word *state)
{
    for (unsigned f = 0; f < model.field_count; f++) {
        const word reached = atomic_load_explicit(&projection->reached[f], memory_order_relaxed);
        if (!(reached >> field_value(&model.fields[f], state) & 1))
            return f;
    }
    return model.field_count;
}

/* Whether a run without the goal may get to a state, as far as is known. */
static inline bool may_get_to(const struct projection *projection, const word *state)
{
    return !projection->known || field_apart(projection, state) == model.field_count;
}

/* Whether it may stay there; `able` are the instances that can step. */
static inline bool may_stay_in(const struct projection *projection, const struct sites *sites,
                               const word *state, word able)
{
    if (!projection->known)
        return true;
    for (unsigned f = 0; f < model.field_count; f++) {
        const unsigned value = field_value(&model.fields[f], state);
        if (projection->lost[f] >> value & 1
            || projection->banned[sites->of[f].value + value] & able)
            return false;
    }
    return true;
}

/* ── one state ────────────────────────────────────────────────────────────────────────────── */

/* Adds bits, and whether any is new. Hardly ever: so there is nothing to write. */
static inline bool tally_bits(word *known, word bits)
{
    if (!(bits & ~*known))
        return false;
    *known |= bits;
    return true;
}

static inline unsigned site_value(const struct site *site, word of)
{
    return (unsigned)((of & site->mask) >> site->shift);
}

/* Whether a step leads from one component of some field to another: then it is in no cycle. */
static inline bool leads_on(const struct projection *projection, const struct sites *sites,
                            const word *before, const word *after)
{
    for (unsigned w = 0; w < WORDS; w++)
        for (word left = (before[w] ^ after[w]) & sites->covered[w]; left != 0;) {
            const struct site *site = &sites->at[w * 64 + (unsigned)__builtin_ctzll(left)];
            const unsigned char *component = projection->component + site->value;
            if (component[site_value(site, before[w])] != component[site_value(site, after[w])])
                return true;
            left &= ~site->mask;
        }
    return false;
}

/* Counts the fields that a step changes: `changes`, all their bits. */
static inline void tally_step(const struct projection *projection, struct tally tally,
                              const struct sites *sites, const word *before, const word *after,
                              word taker, word *changes)
{
    for (unsigned w = 0; w < WORDS; w++) {
        changes[w] = 0;
        for (word left = (before[w] ^ after[w]) & sites->covered[w]; left != 0;) {
            const struct site *site = &sites->at[w * 64 + (unsigned)__builtin_ctzll(left)];
            const unsigned from = site_value(site, before[w]), to = site_value(site, after[w]);
            tally_bits(&tally.taken[site->pair + (from << site->width | to)], taker);
            if (tally_bits(&tally.leads[site->value + from], (word)1 << to))
                atomic_fetch_or(&projection->reached[site->field], (word)1 << to);
            changes[w] |= site->mask;
            left &= ~site->mask;
        }
    }
}

/* Counts the steps of one instance, which `end` ends. */
static inline void tally_turn(const struct projection *projection, const struct sites *sites,
                              struct tally tally, struct sight *sight, unsigned property,
                              const word *begin, const word *end, word taker)
{
    word changes[WORDS], always[WORDS];
    bool any = false;
    for (; begin < end; begin += WORDS) {
        if (model.goal(property, begin)
            || (projection->known && leads_on(projection, sites, sight->state, begin)))
            continue;
        tally_step(projection, tally, sites, sight->state, begin, taker, changes);
        for (unsigned w = 0; w < WORDS; w++)
            always[w] = any ? always[w] & changes[w] : changes[w];
        any = true;
    }
    if (!any)
        return;
    sight->steps = true;
    sight->takers |= taker;
    for (unsigned w = 0; w < WORDS; w++) {
        sight->throughout[w] &= always[w];
        for (word left = always[w]; left != 0;) {
            const struct site *site = &sites->at[w * 64 + (unsigned)__builtin_ctzll(left)];
            sight->left[site->field] |= taker;
            left &= ~site->mask;
        }
    }
}

/* Counts what does not change: of each field, who takes steps that leave it as it is. */
static inline void tally_rest(const struct sites *sites, struct tally tally,
                              const struct sight *sight, word unable)
{
    if (!sight->steps)
        return;
    for (unsigned f = 0; f < model.field_count; f++) {
        const struct site *site = &sites->of[f];
        const unsigned w = model.fields[f].word, value = site_value(site, sight->state[w]);
        const word rests = !(sight->throughout[w] & site->mask);
        tally_bits(&tally.taken[site->pair + (value << site->width | value)],
                   sight->takers & ~sight->left[f]);
        tally_bits(&tally.unable[site->value + value], unable);
        tally_bits(&tally.leads[site->value + value], rests << value);
        sight->left[f] = 0;
    }
}

/* ── judging ──────────────────────────────────────────────────────────────────────────────── */

/* What a component of a field is good for: the values in it are `members`, as bits. */
static inline void judge_component(struct projection *projection, const struct sites *sites,
                                   const struct tally *tally, const struct graph *graph,
                                   unsigned f, word members)
{
    const unsigned width = model.fields[f].width;
    const size_t value = sites->of[f].value;
    const unsigned char own = (unsigned char)__builtin_ctzll(members);
    word taken = 0, unable = 0;
    for (word from = members; from != 0; from &= from - 1) {
        const unsigned a = (unsigned)__builtin_ctzll(from);
        unable |= tally->unable[value + a];
        for (word to = members; to != 0; to &= to - 1)
            taken |= tally->taken[sites->of[f].pair + (a << width | (unsigned)__builtin_ctzll(to))];
    }
    const bool lost = graph->weak & ~(taken | unable);
    projection->lost[f] |= lost ? members : 0;
    for (word left = members; left != 0; left &= left - 1) {
        const unsigned a = (unsigned)__builtin_ctzll(left);
        projection->component[value + a] = lost ? (unsigned char)a : own;
        projection->banned[value + a] |= graph->strong & ~taken;
    }
}

/* Divides the values of a field. Whether any is left in which a run may stay. */
static inline bool judge_field(struct projection *projection, const struct sites *sites,
                               const struct tally *tally, const struct graph *graph, unsigned f)
{
    const unsigned count = 1u << model.fields[f].width;
    const size_t value = sites->of[f].value;
    const word all = count == VALUES ? ~(word)0 : ((word)1 << count) - 1;
    word reached[VALUES];
    memcpy(reached, tally->leads + value, count * sizeof(word));
    for (unsigned by = 0; by < count; by++)
        for (unsigned a = 0; a < count; a++)
            if (reached[a] >> by & 1)
                reached[a] |= reached[by];
    projection->lost[f] |= all & ~projection->reached[f];
    for (word left = all & ~projection->lost[f]; left != 0;) {
        const unsigned a = (unsigned)__builtin_ctzll(left);
        word members = 0;
        for (word to = reached[a]; to != 0; to &= to - 1)
            members |= reached[__builtin_ctzll(to)] >> a & 1 ? to & -to : 0;
        if (members != 0)
            judge_component(projection, sites, tally, graph, f, members);
        else
            projection->lost[f] |= (word)1 << a;
        left &= ~(members | (word)1 << a);
    }
    for (word left = projection->lost[f]; left != 0; left &= left - 1)
        projection->component[value + (unsigned)__builtin_ctzll(left)]
            = (unsigned char)__builtin_ctzll(left);
    return (projection->lost[f] & all) != all;
}

#endif
