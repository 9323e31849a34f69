/* Memory against a budget: the search ends by itself before the system would end it. */
#ifndef MEMORY_H
#define MEMORY_H

#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>

#define HUGE_PAGE ((size_t)2 << 20)
#define SMALL_PAGES ((size_t)64 << 10)

struct memory {
    _Atomic size_t held;
    size_t budget;
};

static struct memory memory;

/* Zeroed memory, or NULL where the budget or the system has no more. Large pieces ask for huge
 * pages: with small ones nearly every look into the table would also miss the TLB. Pieces of logs
 * get their small ones all at once: one by one, at the first use of each, takes longer. */
static void *memory_take(size_t bytes)
{
    if (atomic_fetch_add(&memory.held, bytes) + bytes > memory.budget) {
        atomic_fetch_sub(&memory.held, bytes);
        return NULL;
    }
    int flags = MAP_PRIVATE | MAP_ANONYMOUS;
#ifdef MAP_POPULATE
    if (bytes >= SMALL_PAGES && bytes < HUGE_PAGE)
        flags |= MAP_POPULATE;
#endif
    void *taken = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (taken == MAP_FAILED) {
        atomic_fetch_sub(&memory.held, bytes);
        return NULL;
    }
#ifdef MADV_HUGEPAGE
    if (bytes >= HUGE_PAGE)
        madvise(taken, bytes, MADV_HUGEPAGE);
#endif
    return taken;
}

static void memory_give(void *taken, size_t bytes)
{
    munmap(taken, bytes);
    atomic_fetch_sub(&memory.held, bytes);
}

#endif
