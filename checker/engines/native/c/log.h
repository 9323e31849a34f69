/* The states a worker has discovered, in the order in which it did.
 *
 * The levels of the search are intervals of the logs: the states at depth d are, for each worker,
 * those between two positions in its log. They are kept for good, since paths are found by going
 * back through them. A log is a directory of chunks, so that nothing ever moves while other
 * workers read; a state of one word takes as many bytes as it has bits for.
 *
 * Where memory is short, chunks of the levels that are over go to a file, which has no name and so
 * goes away with the process: nobody needs them before paths are looked for.
 */
#ifndef LOG_H
#define LOG_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine.h"
#include "memory.h"

#define CHUNK_STATES ((size_t)1 << 15)
#define PIECE 256           /* states that are read together, at most */
#define DIRECTORY ((size_t)1 << 22)     /* chunks: more states than memory can hold */

struct log {
    unsigned char **chunks;     /* NULL for those in the file, where they follow each other */
    size_t opened;              /* chunks */
    size_t count;               /* states */
    unsigned char *next;        /* place in the last chunk */
    size_t over;                /* chunks that hold nothing but levels that are over */
    size_t filed;               /* of those, chunks in the file */
    const char *folder;         /* for the file; NULL where nothing may be written */
    int file;                   /* 0 for none yet */
};

static inline size_t log_bytes(void)
{
    return WORDS == 1 ? (model.bits + 7) / 8 : WORDS * sizeof(word);
}

/* A state is written as a whole word, also where fewer bytes of it are kept. */
static inline size_t log_chunk(void)
{
    return CHUNK_STATES * log_bytes() + sizeof(word);
}

static inline bool log_open(struct log *log, const char *folder)
{
    memset(log, 0, sizeof *log);
    log->folder = folder;
    log->chunks = mmap(NULL, DIRECTORY * sizeof *log->chunks, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return log->chunks != MAP_FAILED;
}

/* Writes all of it; false where that fails. */
static inline bool write_at(int file, const unsigned char *from, size_t bytes, size_t offset)
{
    while (bytes > 0) {
        const ssize_t written = pwrite(file, from, bytes, (off_t)offset);
        if (written <= 0)
            return false;
        from += written;
        offset += (size_t)written;
        bytes -= (size_t)written;
    }
    return true;
}

static inline bool read_at(int file, unsigned char *to, size_t bytes, size_t offset)
{
    while (bytes > 0) {
        const ssize_t got = pread(file, to, bytes, (off_t)offset);
        if (got <= 0)
            return false;
        to += got;
        offset += (size_t)got;
        bytes -= (size_t)got;
    }
    return true;
}

/* A file that nobody else sees. */
static inline int file_without_name(const char *folder)
{
    char name[4096];
    if ((size_t)snprintf(name, sizeof name, "%s/checker-levels-XXXXXX", folder) >= sizeof name)
        return -1;
    const int file = mkstemp(name);
    if (file >= 0)
        unlink(name);
    return file;
}

/* Moves the first chunk that can be spared to the file; its memory, or NULL. */
static inline unsigned char *log_spare(struct log *log)
{
    if (log->folder == NULL || log->filed == log->over)
        return NULL;
    if (log->file == 0)
        log->file = file_without_name(log->folder);
    unsigned char *chunk = log->chunks[log->filed];
    const size_t bytes = CHUNK_STATES * log_bytes();
    if (log->file < 0 || !write_at(log->file, chunk, bytes, log->filed * bytes))
        return NULL;
    log->chunks[log->filed++] = NULL;
    return chunk;
}

/* Gives back the memory of all chunks that can be spared; whether there were any. */
static inline bool log_shed(struct log *log)
{
    bool any = false;
    for (unsigned char *chunk; (chunk = log_spare(log)) != NULL; any = true)
        memory_give(chunk, log_chunk());
    return any;
}

/* False where there is no memory for another chunk, and none to be had by writing a file. */
static inline bool log_append(struct log *log, const word *state)
{
    if (log->count == log->opened * CHUNK_STATES) {
        unsigned char *chunk = log->opened < DIRECTORY ? memory_take(log_chunk()) : NULL;
        if (chunk == NULL)
            chunk = log_spare(log);
        if (chunk == NULL)
            return false;
        log->chunks[log->opened++] = log->next = chunk;
    }
    memcpy(log->next, state, WORDS * sizeof(word));
    log->next += log_bytes();
    log->count++;
    return true;
}

/* States of one word that are kept as fewer bytes each become words. Nothing that follows the last
 * of them is looked at: its worker may be writing there. */
static inline void log_spread(const unsigned char *kept, size_t count, word *states)
{
    const size_t bytes = log_bytes(), end = count * bytes;
    const word mask = ((word)1 << 8 * bytes) - 1;
    size_t i = 0;
    for (; i * bytes + sizeof(word) <= end; i++) {
        memcpy(&states[i], kept + i * bytes, sizeof(word));
        states[i] &= mask;
    }
    for (; i < count; i++) {
        states[i] = 0;
        memcpy(&states[i], kept + i * bytes, bytes);
    }
}

/* States of a chunk that is in the file, as they are kept; `to` has room for them. */
static inline const unsigned char *log_filed(const struct log *log, size_t position, size_t count,
                                             unsigned char *to)
{
    const size_t bytes = log_bytes();
    if (!read_at(log->file, to, count * bytes, position * bytes)) {
        fprintf(stderr, "engine: the file of levels can not be read any more\n");
        exit(EXIT_FAILURE);
    }
    return to;
}

/* Copies states from a position on, at most so many, which are PIECE or fewer, and none beyond the
 * end of its chunk; how many those were. */
static inline size_t log_read(const struct log *log, size_t position, size_t most, word *states)
{
    const size_t inside = position % CHUNK_STATES, bytes = log_bytes();
    const size_t count = CHUNK_STATES - inside < most ? CHUNK_STATES - inside : most;
    const unsigned char *chunk = log->chunks[position / CHUNK_STATES];
    unsigned char filed[PIECE * WORDS * sizeof(word) + sizeof(word)];
    const unsigned char *kept = chunk ? chunk + inside * bytes
                                      : log_filed(log, position, count, filed);
    if (bytes < sizeof(word))
        log_spread(kept, count, states);
    else
        memcpy(states, kept, count * bytes);
    return count;
}

/* The same to the end of the log, which nobody adds to meanwhile. */
static inline size_t log_rest(const struct log *log, size_t position, size_t most, word *states)
{
    const size_t left = log->count - position;
    return log_read(log, position, left < most ? left : most, states);
}

#endif
