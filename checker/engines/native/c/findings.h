/* Where properties were found to fail. Of several places on the same level the smallest is kept,
 * so that the answer does not depend on which thread came first. */
#ifndef FINDINGS_H
#define FINDINGS_H

static int compare(const word *a, const word *b)
{
    for (unsigned i = 0; i < WORDS; i++)
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    return 0;
}

static bool before(const struct finding *a, const struct finding *b)
{
    const int order = compare(a->state, b->state);
    return order < 0 || (order == 0 && a->step && compare(a->after, b->after) < 0);
}

static void keep_smaller(struct finding *kept, const struct finding *found)
{
    if (!kept->set || before(found, kept))
        *kept = *found;
}

/* Where several counterexamples are wanted, see kinds.h. */
static void kinds_state(struct worker *worker);
static void kinds_step(struct worker *worker, const word *before, const word *after);
static void note(struct worker *worker, const word *before, const word *after);
static void collect_kinds(struct search *search);

static void found(struct work *work, unsigned property, size_t depth, const word *state,
                  const word *after)
{
    struct worker *worker = (struct worker *)work;
    struct finding finding = {.set = true, .step = after != NULL, .depth = depth};
    copy(finding.state, state);
    if (after != NULL)
        copy(finding.after, after);
    keep_smaller(&worker->findings[property], &finding);
}

void found_state(struct work *work, unsigned property, const word *state)
{
    struct worker *worker = (struct worker *)work;
    if (worker->search->kinds != NULL)
        kinds_state(worker);
    else
        found(work, property, worker->search->storing, state, NULL);
}

void found_step(struct work *work, unsigned property, const word *before, const word *after)
{
    struct worker *worker = (struct worker *)work;
    if (worker->search->kinds != NULL)
        kinds_step(worker, before, after);
    else
        found(work, property, worker->search->depth, before, after);
}

void fail(struct work *work, unsigned property, const word *before)
{
    struct worker *worker = (struct worker *)work;
    if (!work->open[property])
        return;
    if (worker->search->kinds != NULL)
        note(worker, before, NULL);
    else
        found(work, property, worker->search->depth, before, NULL);
}

/* Between two levels: what the workers found, the smallest of each property. */
static void collect_findings(struct search *search)
{
    if (search->kinds != NULL) {
        collect_kinds(search);
        return;
    }
    for (unsigned p = 0; p < model.properties; p++) {
        if (!search->open[p])
            continue;
        for (unsigned i = 0; i < search->crew.size; i++)
            if (search->workers[i].findings[p].set)
                keep_smaller(&search->findings[p], &search->workers[i].findings[p]);
        search->open[p] = !search->findings[p].set;
    }
}

static bool any_violation(const struct search *search)
{
    for (unsigned p = 0; p < model.properties; p++)
        if (search->findings[p].set && !model.witnessed[p])
            return true;
    return false;
}

#endif
