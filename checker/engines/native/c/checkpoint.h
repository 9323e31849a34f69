/* A search that can be killed at any moment and goes on where it was.
 *
 * A checkpoint is two files in a folder. `states` holds the states of all levels that are complete,
 * one level after the other, and only grows. `checkpoint` is a sequence of words: how much of
 * `states` counts, a sum over that, whatever else a search knows between two levels, and a sum over
 * all these words. It is replaced as a whole, after what it speaks of has reached the disk; so
 * whenever the process dies, the two belong together.
 *
 * What does not fit is never continued from: files of another model or version, or with a bit that
 * has changed.
 */
#ifndef CHECKPOINT_H
#define CHECKPOINT_H

#include <errno.h>
#include <sys/file.h>

#define MAGIC 0x30746e696f706b63         /* "ckpoint0": the last digit is the version */
#define KEY_WORDS 4
#define NAME_LENGTH 4096

struct checkpoint {
    const char *folder;                 /* NULL: nothing is saved */
    word key[KEY_WORDS];                /* of the model */
    double every;                       /* seconds, at least, from one to the next */
    double saved;                       /* when */
    FILE *states;
    size_t levels;                      /* that are in `states` */
    word sum;                           /* over them */
};

/* Words in memory, written or read from the front. */
struct words {
    word *items;
    size_t count, room;
    size_t at;                          /* read so far */
};

static void put_word(struct words *words, word item)
{
    if (words->count == words->room) {
        words->room = 2 * words->room + 64;
        words->items = need(realloc(words->items, words->room * sizeof(word)));
    }
    words->items[words->count++] = item;
}

/* Zero where there are no more: the counts are compared when all have been read. */
static word take_word(struct words *words)
{
    const size_t at = words->at++;
    return at < words->count ? words->items[at] : 0;
}

/* Each word goes in by a bijection of the sum, so that no single change can go unseen. */
static word sum_of(word sum, const void *from, size_t bytes)
{
    const unsigned char *next = from;
    while (bytes > 0) {
        word part = 0;
        const size_t taken = bytes < sizeof part ? bytes : sizeof part;
        memcpy(&part, next, taken);
        sum = (sum ^ part) * 0x9e3779b97f4a7c15;
        sum ^= sum >> 32;
        next += taken;
        bytes -= taken;
    }
    return sum;
}

static const char *file_in(char *name, const struct checkpoint *checkpoint, const char *file)
{
    snprintf(name, NAME_LENGTH, "%s/%s", checkpoint->folder, file);
    return name;
}

/* ── saving ───────────────────────────────────────────────────────────────────────────────── */

static bool save_level(const struct search *search, struct checkpoint *checkpoint, size_t level)
{
    const size_t size = level_count(search, level), bytes = log_bytes();
    word states[PIECE * WORDS];
    unsigned char packed[PIECE * WORDS * sizeof(word)];
    for (size_t at = 0, count; at < size; at += count) {
        count = level_read(search, level, at, size, states);
        for (size_t i = 0; i < count; i++) {
            memcpy(packed + i * bytes, states + i * WORDS, bytes);
            checkpoint->sum = sum_of(checkpoint->sum, packed + i * bytes, bytes);
        }
        if (fwrite(packed, bytes, count, checkpoint->states) != count)
            return false;
    }
    return true;
}

static void put_all(struct words *words, const struct search *search)
{
    const struct checkpoint *checkpoint = search->checkpoint;
    put_word(words, MAGIC);
    for (unsigned i = 0; i < KEY_WORDS; i++)
        put_word(words, checkpoint->key[i]);
    put_word(words, steps_generated(search));
    put_word(words, search->initial);
    put_word(words, checkpoint->sum);
    put_word(words, search->levels);
    for (size_t level = 0; level < search->levels; level++)
        put_word(words, level_count(search, level));
    for (unsigned l = 0; l < model.locations; l++)
        put_word(words, has_fired(search, l));
    for (unsigned a = 0; a < model.antecedents; a++)
        put_word(words, has_seen(search, a));
    for (unsigned p = 0; p < model.properties; p++) {
        const struct finding *finding = &search->findings[p];
        put_word(words, finding->set);
        put_word(words, finding->step);
        put_word(words, finding->depth);
        for (unsigned i = 0; i < WORDS; i++)
            put_word(words, finding->state[i]);
        for (unsigned i = 0; i < WORDS; i++)
            put_word(words, finding->after[i]);
    }
    put_word(words, sum_of(0, words->items, words->count * sizeof(word)));
}

/* What was written is on the disk for good. */
static bool settle(FILE *file)
{
    return fflush(file) == 0 && fsync(fileno(file)) == 0;
}

static bool replace_words(const struct search *search)
{
    char made[NAME_LENGTH], name[NAME_LENGTH];
    struct words words = {NULL, 0, 0, 0};
    FILE *file = fopen(file_in(made, search->checkpoint, "checkpoint.new"), "wb");
    if (file == NULL)
        return false;
    put_all(&words, search);
    const bool good = fwrite(words.items, sizeof(word), words.count, file) == words.count
                      && settle(file);
    free(words.items);
    return fclose(file) == 0 && good
           && rename(made, file_in(name, search->checkpoint, "checkpoint")) == 0;
}

/* Between two levels: saves what is new, when it is time to. Where that fails the search ends; the
 * checkpoint before remains. */
static void save_when_due(struct search *search)
{
    struct checkpoint *checkpoint = search->checkpoint;
    if (checkpoint->folder == NULL || now() - checkpoint->saved < checkpoint->every)
        return;
    bool good = true;
    for (; good && checkpoint->levels < search->levels; checkpoint->levels++)
        good = save_level(search, checkpoint, checkpoint->levels);
    if (!good || !settle(checkpoint->states) || !replace_words(search)) {
        printf("unsaved %s\n", strerror(errno));
        stop(search, UNSAVED);
    }
    checkpoint->saved = now();
}

/* ── going on ─────────────────────────────────────────────────────────────────────────────── */

static void refuse(const char *why)
{
    printf("refused %s\n", why);
    fflush(stdout);
    exit(EXIT_SUCCESS);
}

/* All words of the file; false where there is no file. */
static bool read_words(struct words *words, const struct checkpoint *checkpoint)
{
    char name[NAME_LENGTH];
    FILE *file = fopen(file_in(name, checkpoint, "checkpoint"), "rb");
    if (file == NULL)
        return false;
    word item;
    while (fread(&item, sizeof item, 1, file) == 1)
        put_word(words, item);
    fclose(file);
    return true;
}

static void check_words(struct words *words, const struct checkpoint *checkpoint)
{
    const size_t last = words->count - 1;
    if (words->count < 2
        || words->items[last] != sum_of(0, words->items, last * sizeof(word)))
        refuse("its file `checkpoint` is damaged");
    if (take_word(words) != MAGIC)
        refuse("it was written by another version of the checker");
    for (unsigned i = 0; i < KEY_WORDS; i++)
        if (take_word(words) != checkpoint->key[i])
            refuse("it is one of another system, or of this one before it was changed");
}

/* Reads a level into the logs, a chunk to each worker in turn. */
static void load_level(struct search *search, struct checkpoint *checkpoint, size_t size)
{
    const size_t bytes = log_bytes();
    unsigned char packed[WORDS * sizeof(word)] = {0};
    for (size_t i = 0; i < size; i++) {
        struct worker *worker = &search->workers[i / CHUNK_STATES % search->crew.size];
        word state[WORDS] = {0};
        if (fread(packed, bytes, 1, checkpoint->states) != 1)
            refuse("its file `states` is cut short");
        checkpoint->sum = sum_of(checkpoint->sum, packed, bytes);
        memcpy(state, packed, bytes);
        if (!log_append(&worker->log, state)) {
            stop(search, MEMORY);
            return;
        }
    }
    finish_level(search);
    checkpoint->levels++;
}

static void take_findings(struct words *words, struct search *search)
{
    for (unsigned p = 0; p < model.properties; p++) {
        struct finding *finding = &search->findings[p];
        finding->set = take_word(words);
        finding->step = take_word(words);
        finding->depth = take_word(words);
        for (unsigned i = 0; i < WORDS; i++)
            finding->state[i] = take_word(words);
        for (unsigned i = 0; i < WORDS; i++)
            finding->after[i] = take_word(words);
        search->open[p] = !finding->set;
    }
}

/* Gives numbers to the parts of all states in the logs. False where there is no memory for them. */
static bool number_states(struct search *search)
{
    struct worker *worker = &search->workers[0];
    word code;
    for (unsigned w = 0; w < search->crew.size; w++) {
        const struct log *log = &search->workers[w].log;
        for (size_t at = 0, count; at < log->count; at += count) {
            count = log_rest(log, at, PIECE, worker->piece);
            for (size_t i = 0; i < count; i++)
                while (!table_code(&search->table, worker->recent, worker->piece + i * WORDS,
                                   &code))
                    if (!more_numbers(search))
                        return false;
        }
    }
    return true;
}

/* The table, filled from the logs. */
static void load_table(struct search *search, size_t states)
{
    if (!number_states(search))
        return;
    word slots = FIRST_CAPACITY;
    while (slots / 8 * 5 < states)
        slots *= 2;
    const struct table *table = &search->table;
    struct shape shape = {table->kind, table->asked};
    if ((slots > table->asked || !codes_fit(table))
        && !larger(table, slots, free_room() + table_memory(table), &shape)) {
        stop(search, MEMORY);
        return;
    }
    if (!fill_from_logs(search, shape))
        stop(search, MEMORY);
}

static void load(struct search *search, struct words *words)
{
    struct checkpoint *checkpoint = search->checkpoint;
    struct worker *first = &search->workers[0];
    first->generated = take_word(words);
    search->initial = take_word(words);
    const word sum = take_word(words), levels = take_word(words);
    size_t states = 0;
    for (size_t level = 0; level < levels && !stopped(search); level++) {
        const size_t size = take_word(words);
        load_level(search, checkpoint, size);
        states += size;
    }
    if (stopped(search))
        return;
    if (checkpoint->sum != sum)
        refuse("its file `states` is damaged");
    for (unsigned f = 0; f < model.locations; f++)
        first->work.fired[f] = take_word(words);
    for (unsigned f = 0; f < model.antecedents; f++)
        first->work.seen[f] = take_word(words);
    take_findings(words, search);
    if (words->at + 1 != words->count)
        refuse("its file `checkpoint` is damaged");
    printf("resumed %zu\n", states);
    fflush(stdout);
    atomic_store(&search->admitted, states);
    load_table(search, states);
}

/* Opens the checkpoint of the folder; whether the search goes on from what is there. */
static bool go_on(struct search *search)
{
    struct checkpoint *checkpoint = search->checkpoint;
    struct words words = {NULL, 0, 0, 0};
    char name[NAME_LENGTH];
    if (checkpoint->folder == NULL)
        return false;
    checkpoint->states = fopen(file_in(name, checkpoint, "states"), "ab+");
    if (checkpoint->states == NULL)
        refuse(strerror(errno));
    if (flock(fileno(checkpoint->states), LOCK_EX | LOCK_NB) != 0)
        refuse("another search is using it");
    const bool found = read_words(&words, checkpoint);
    if (found) {
        check_words(&words, checkpoint);
        rewind(checkpoint->states);
        load(search, &words);
    }
    /* What a process that died had written beyond this counts for nothing. */
    if (!stopped(search)
        && ftruncate(fileno(checkpoint->states), found ? ftell(checkpoint->states) : 0) != 0)
        refuse(strerror(errno));
    free(words.items);
    checkpoint->saved = now();
    return found;
}

#endif
