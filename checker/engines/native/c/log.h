/* The states a worker has discovered, in the order in which it did.
 *
 * The levels of the search are intervals of the logs: the states at depth d are, for each worker,
 * those between two positions in its log. They are kept for good, since paths are found by going
 * back through them. A log is a directory of chunks, so that nothing ever moves while other
 * workers read.
 */
#ifndef LOG_H
#define LOG_H

#include <string.h>

#include "engine.h"
#include "memory.h"

#define CHUNK_STATES ((size_t)1 << 15)
#define DIRECTORY ((size_t)1 << 22)     /* chunks: more states than memory can hold */

struct log {
    word **chunks;
    size_t opened;              /* chunks */
    word *next;
    const word *end;            /* of the chunk of `next` */
};

static inline bool log_open(struct log *log)
{
    memset(log, 0, sizeof *log);
    log->chunks = mmap(NULL, DIRECTORY * sizeof(word *), PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return log->chunks != MAP_FAILED;
}

static inline size_t log_count(const struct log *log)
{
    return log->opened * CHUNK_STATES - (size_t)(log->end - log->next) / WORDS;
}

/* False where there is no memory for another chunk. */
static inline bool log_append(struct log *log, const word *state)
{
    if (log->next == log->end) {
        const size_t bytes = CHUNK_STATES * WORDS * sizeof(word);
        word *chunk = log->opened < DIRECTORY ? memory_take(bytes) : NULL;
        if (chunk == NULL)
            return false;
        log->chunks[log->opened++] = chunk;
        log->next = chunk;
        log->end = chunk + CHUNK_STATES * WORDS;
    }
    copy(log->next, state);
    log->next += WORDS;
    return true;
}

/* The state at a position; those up to the end of its chunk, `*count`, follow it directly. */
static inline const word *log_read(const struct log *log, size_t position, size_t *count)
{
    const size_t inside = position % CHUNK_STATES;
    *count = CHUNK_STATES - inside;
    return log->chunks[position / CHUNK_STATES] + inside * WORDS;
}

#endif
