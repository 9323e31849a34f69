/* A stack that grows in place: addresses are reserved for all of it, memory is taken as it fills.
 */
#ifndef STACK_H
#define STACK_H

#include "memory.h"

#define STACK_STEP ((size_t)1 << 20)    /* bytes */

struct stack {
    void *base;
    size_t most;                        /* bytes reserved */
    size_t room;                        /* bytes counted against the budget */
};

static inline bool stack_open(struct stack *stack, size_t most)
{
    *stack = (struct stack){.most = most + 1};
    stack->base = mmap(NULL, stack->most, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (stack->base == MAP_FAILED)
        return false;
#ifdef MADV_HUGEPAGE
    if (stack->most >= HUGE_PAGE)
        madvise(stack->base, stack->most, MADV_HUGEPAGE);
#endif
    return true;
}

static inline void stack_close(struct stack *stack)
{
    if (stack->base == NULL || stack->base == MAP_FAILED)
        return;
    munmap(stack->base, stack->most);
    atomic_fetch_sub(&memory.held, stack->room);
}

/* Makes room for `bytes` bytes in all; false where the budget has none. */
static inline bool stack_grow(struct stack *stack, size_t bytes)
{
    while (stack->room < bytes) {
        const size_t left = stack->most - stack->room;
        const size_t more = left < STACK_STEP ? left : STACK_STEP;
        if (atomic_fetch_add(&memory.held, more) + more > memory.budget) {
            atomic_fetch_sub(&memory.held, more);
            return false;
        }
        stack->room += more;
    }
    return true;
}

#endif
