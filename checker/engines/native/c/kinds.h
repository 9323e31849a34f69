/* Several counterexamples to one property: a shortest one of each kind.
 *
 * The kind of a violation is where all processes stand before and after the step that violates
 * (checker/ir/control.py): some bits of two states, which `points` names. They come in groups of
 * rows; which row of a group is which does not matter. Where a state violates by itself (an
 * initial one, a deadlock, or one in which a step fails), it is before and after in one.
 *
 * With kinds the search is for that property alone, and no run goes on behind a violation: the
 * successors that violate are noted instead of stored. Of each kind the first level counts, and
 * on it the smallest states, so that the answer does not depend on which thread came first.
 */
#ifndef KINDS_H
#define KINDS_H

struct point {
    unsigned at;                        /* word */
    unsigned shift, width;
};

struct group {
    unsigned rows, columns;
};

/* Findings, no two of the same kind; `keys` has the kind of each, a word for each point. */
struct kind_set {
    struct finding *findings;
    word *keys;
    size_t count, room;
    uint32_t *slots;                    /* by hash: the number plus one of a finding */
    size_t size;                        /* a power of two, more than twice the room */
};

/* What a worker notes. */
struct notes {
    struct kind_set found;              /* on this level */
    bool failed;                        /* the state that is being judged */
    size_t *dropped;                    /* successors, by steps that violate */
    size_t drops, room;
    word *key;
};

struct kinds {
    unsigned property;
    unsigned long long most;
    struct group *groups;
    size_t group_count;
    struct point *points;
    size_t length;                      /* points, and words of a key */
    struct kind_set known;
    struct notes *notes;                /* by worker */
};

/* ── sets of kinds ────────────────────────────────────────────────────────────────────────── */

static uint32_t *kind_slot(const struct kind_set *set, size_t length, const word *key)
{
    word sum = 0;
    for (size_t i = 0; i < length; i++)
        sum = (sum ^ key[i]) * 0x9e3779b97f4a7c15, sum ^= sum >> 32;
    for (size_t at = sum & (set->size - 1);; at = (at + 1) & (set->size - 1)) {
        const uint32_t held = set->slots[at];
        if (held == 0 || memcmp(set->keys + (held - 1) * length, key,
                                  length * sizeof(word)) == 0)
            return &set->slots[at];
    }
}

static void kind_set_grow(struct kind_set *set, size_t length)
{
    set->room = 2 * set->room + 32;
    set->size = set->size ? 2 * set->size : 128;
    set->findings = need(realloc(set->findings, set->room * sizeof *set->findings));
    set->keys = need(realloc(set->keys, set->room * (length + 1) * sizeof(word)));
    free(set->slots);
    set->slots = need(calloc(set->size, sizeof *set->slots));
    for (size_t i = 0; i < set->count; i++)
        *kind_slot(set, length, set->keys + i * length) = (uint32_t)i + 1;
}

static bool kind_known(const struct kind_set *set, size_t length, const word *key)
{
    return set->count > 0 && *kind_slot(set, length, key) != 0;
}

/* Adds a finding, or keeps the smaller of two of the same kind. */
static void kind_add(struct kind_set *set, size_t length, const word *key,
                     const struct finding *finding)
{
    if (set->count == set->room)
        kind_set_grow(set, length);
    uint32_t *slot = kind_slot(set, length, key);
    if (*slot != 0) {
        keep_smaller(&set->findings[*slot - 1], finding);
        return;
    }
    memcpy(set->keys + set->count * length, key, length * sizeof(word));
    set->findings[set->count] = *finding;
    *slot = (uint32_t)++set->count;
}

static void kind_set_clear(struct kind_set *set)
{
    set->count = 0;
    if (set->size)
        memset(set->slots, 0, set->size * sizeof *set->slots);
}

/* ── the kind of a violation ──────────────────────────────────────────────────────────────── */

static word point_of(const struct point *point, const word *state)
{
    const word whole = state[point->at] >> point->shift;
    return point->width < 64 ? whole & (((word)1 << point->width) - 1) : whole;
}

/* Sorts the rows of a group, by insertion: there are few. */
static void sort_rows(word *rows, const struct group *group)
{
    const unsigned width = group->columns;
    for (unsigned i = 1; i < group->rows; i++)
        for (unsigned at = i; at > 0; at--) {
            word *one = rows + (at - 1) * width, *two = rows + at * width;
            unsigned same = 0;
            while (same < width && one[same] == two[same])
                same++;
            if (same == width || one[same] < two[same])
                break;
            for (unsigned k = same; k < width; k++) {
                const word other = one[k];
                one[k] = two[k];
                two[k] = other;
            }
        }
}

/* A location has far fewer than 2^32 others, so the two of a point fit a word. */
static void make_key(const struct kinds *kinds, const word *before, const word *after, word *key)
{
    for (size_t i = 0; i < kinds->length; i++)
        key[i] = point_of(&kinds->points[i], before) << 32 | point_of(&kinds->points[i], after);
    for (size_t g = 0; g < kinds->group_count; g++) {
        sort_rows(key, &kinds->groups[g]);
        key += kinds->groups[g].rows * kinds->groups[g].columns;
    }
}

/* Notes a violation by a step, or, where `after` is NULL, by the state itself. */
static void note(struct worker *worker, const word *before, const word *after)
{
    const struct kinds *kinds = worker->search->kinds;
    struct notes *notes = &kinds->notes[worker->id];
    struct finding finding = {.set = true, .step = after != NULL,
                              .depth = worker->search->depth};
    make_key(kinds, before, after ? after : before, notes->key);
    if (kind_known(&kinds->known, kinds->length, notes->key))
        return;
    copy(finding.state, before);
    if (after != NULL)
        copy(finding.after, after);
    kind_add(&notes->found, kinds->length, notes->key, &finding);
}

/* ── what the model finds ─────────────────────────────────────────────────────────────────── */

static void kinds_state(struct worker *worker)
{
    worker->search->kinds->notes[worker->id].failed = true;
}

/* Called just before the step's successor is handed over. */
static void kinds_step(struct worker *worker, const word *before, const word *after)
{
    struct notes *notes = &worker->search->kinds->notes[worker->id];
    note(worker, before, after);
    if (notes->drops == notes->room) {
        notes->room = 2 * notes->room + 16;
        notes->dropped = need(realloc(notes->dropped, notes->room * sizeof *notes->dropped));
    }
    notes->dropped[notes->drops++] = successors_held(worker);
}

/* Whether a state violates by itself. */
static bool violates(struct worker *worker, const word *state)
{
    struct notes *notes = &worker->search->kinds->notes[worker->id];
    notes->failed = false;
    examine(&worker->work, state);
    return notes->failed;
}

/* Keeps of the successors from the `held`-th on those that do not violate, and notes the rest. */
static void drop_violations(struct worker *worker, const word *before, size_t held)
{
    struct notes *notes = &worker->search->kinds->notes[worker->id];
    const size_t end = successors_held(worker);
    word *kept = worker->room + held * WORDS;
    for (size_t i = held, drop = 0; i < end; i++) {
        const word *state = worker->room + i * WORDS;
        if (drop < notes->drops && notes->dropped[drop] == i) {
            drop++;
        } else if (violates(worker, state)) {
            note(worker, before, state);
        } else {
            memmove(kept, state, WORDS * sizeof(word));
            kept += WORDS;
        }
    }
    worker->work.next = kept;
}

/* Expands a state as expand_state() does. */
static void expand_for_kinds(struct worker *worker, const word *state)
{
    struct search *search = worker->search;
    struct notes *notes = &search->kinds->notes[worker->id];
    const size_t held = successors_held(worker);
    if (search->depth == 0 && violates(worker, state)) {
        note(worker, state, NULL);
        return;
    }
    notes->drops = 0;
    const unsigned possible = successors(&worker->work, state);
    if (successors_held(worker) < held)
        return;                         /* there was no memory for them */
    if (search->open[DEADLOCK] && is_deadlock(worker, possible, state)) {
        worker->work.next = worker->room + held * WORDS;
        note(worker, state, NULL);
        return;
    }
    worker->generated += successors_held(worker) - held;
    drop_violations(worker, state, held);
}

/* ── levels and answers ───────────────────────────────────────────────────────────────────── */

static int in_order(const void *one, const void *two)
{
    const struct finding *a = one, *b = two;
    return before(a, b) ? -1 : before(b, a);
}

/* Between two levels: the kinds that are new on it, the smallest first. Ends the search where
 * there are enough. */
static void collect_kinds(struct search *search)
{
    struct kinds *kinds = search->kinds;
    struct kind_set level = {0};
    for (unsigned i = 0; i < search->crew.size; i++) {
        struct kind_set *found = &kinds->notes[i].found;
        for (size_t n = 0; n < found->count; n++)
            kind_add(&level, kinds->length, found->keys + n * kinds->length,
                     &found->findings[n]);
        kind_set_clear(found);
    }
    if (level.count > 0)
        qsort(level.findings, level.count, sizeof *level.findings, in_order);
    for (size_t n = 0; n < level.count && kinds->known.count < kinds->most; n++) {
        const struct finding *finding = &level.findings[n];
        word *key = kinds->notes[0].key;
        make_key(kinds, finding->state, finding->step ? finding->after : finding->state, key);
        kind_add(&kinds->known, kinds->length, key, finding);
    }
    if (kinds->known.count >= kinds->most)
        stop(search, ENOUGH);
    free(level.findings);
    free(level.keys);
    free(level.slots);
}

/* Each kind becomes something to find a path to, in the place of the properties. */
static void seek_kinds(struct search *search)
{
    const struct kind_set *known = &search->kinds->known;
    const size_t room = known->count + 1;
    free(search->findings);
    search->sought = known->count;
    search->findings = known->findings;
    search->paths = need(realloc(search->paths, room * sizeof *search->paths));
    search->active = need(realloc(search->active, room * sizeof *search->active));
    memset(search->paths, 0, room * sizeof *search->paths);
    for (unsigned i = 0; i < search->crew.size; i++) {
        struct worker *worker = &search->workers[i];
        worker->steps_back = need(realloc(worker->steps_back, room * sizeof(struct finding)));
    }
}

/* ── the beginning ────────────────────────────────────────────────────────────────────────── */

/* Reads `2x1:0+3,3+3;1x1:6+2`: groups of rows and columns, the first bit and the bits of each
 * point. False for anything else. */
static bool read_points(struct kinds *kinds, const char *text)
{
    const size_t most = strlen(text) + 1;
    kinds->groups = need(calloc(most, sizeof *kinds->groups));
    kinds->points = need(calloc(most, sizeof *kinds->points));
    while (*text != '\0') {
        struct group *group = &kinds->groups[kinds->group_count++];
        int used = 0;
        if (sscanf(text, "%ux%u%n", &group->rows, &group->columns, &used) != 2)
            return false;
        text += used;
        for (unsigned i = 0; i < group->rows * group->columns; i++) {
            struct point *point = &kinds->points[kinds->length++];
            unsigned bit;
            if (sscanf(text, "%*1[:,]%u+%u%n", &bit, &point->width, &used) != 2
                || bit / 64 >= WORDS || point->width > 32)
                return false;
            point->at = bit / 64;
            point->shift = bit % 64;
            text += used;
        }
        text += *text == ';';
    }
    return true;
}

static void open_kinds(struct search *search, struct kinds *kinds)
{
    search->kinds = kinds;
    memset(search->open, false, model.properties);
    search->open[kinds->property] = true;
    kinds->notes = need(calloc(search->crew.size, sizeof *kinds->notes));
    for (unsigned i = 0; i < search->crew.size; i++)
        kinds->notes[i].key = need(calloc(kinds->length + 1, sizeof(word)));
}

#endif
