/* The state graph, written down: for each state without some goal, where its steps lead.
 *
 * Nodes are the states of the table in which some liveness property still lacks its goal, numbered
 * in the order of their places (ranks.h); steps to other states are left out. The row of a node
 * has, in units of 32 bits, the target of each step and then, in a byte each, who takes it: the
 * number of an instance among those that ask for fairness, NOBODY for the others. A state where
 * no instance can step has one step, to itself, by STUTTER: its run goes on for ever like this.
 *
 * The rows of BLOCK nodes lie together, in chunks that belong to the worker who wrote them, so
 * a node needs no more than the end of its row within its block.
 */
#ifndef GRAPH_H
#define GRAPH_H

#include <string.h>

#include "engine.h"
#include "memory.h"
#include "ranks.h"

#define BLOCK 1024                      /* nodes */
#define CHUNK_UNITS ((size_t)1 << 16)
#define MOST_CHUNK_UNITS ((size_t)1 << 23)
#define NOBODY 254                      /* who takes a step: somebody who asks for no fairness */
#define STUTTER 255
#define MOST_FAIR 64                    /* instances that ask for fairness: bits of a mask */
#define MOST_NODES ((size_t)1 << 31)    /* see the marks in components.h */

struct vertex {
    uint32_t end;                       /* of its row in its block, in units */
    uint32_t mark;                      /* see components.h */
};

/* Steps of one node. */
struct row {
    const uint32_t *targets;
    const unsigned char *takers;
    uint32_t count;
    uint32_t begin;                     /* in its block */
};

struct graph {
    struct ranks ranks;
    size_t count;                       /* nodes */
    struct vertex *vertices;
    uint32_t **blocks;                  /* where the rows of each block begin */
    unsigned char *able;                /* by node: a mask, in `mask_bytes` bytes */
    unsigned mask_bytes;
    word weak, strong;                  /* the masks of the instances that ask for this */
    word taken[256];                    /* by who takes a step: a mask of the instance */
    _Atomic size_t units;               /* of all rows */

    /* Of a fragment (fragment.h), else NULL: what takes the place of `ranks` and `blocks`. */
    const word *states;                 /* by node */
    const struct row *rows;             /* by node, for those that are expanded */
    bool (*expand)(void *of, node at);  /* unless it is; false where there is no room */
    void *of;
};

/* Where one worker writes rows. */
struct chunk {
    uint32_t *next, *end;
};

static inline size_t graph_blocks(const struct graph *graph)
{
    return (graph->count + BLOCK - 1) / BLOCK;
}

/* The units that `count` steps take; and how many steps are in so many units. */
static inline uint32_t row_units(uint32_t count)
{
    return count + (count + 3) / 4;
}

static inline uint32_t row_count(uint32_t units)
{
    return (uint32_t)((uint64_t)units * 4 / 5);
}

static inline struct row graph_row(const struct graph *graph, node at)
{
    if (graph->rows != NULL)
        return graph->rows[at];
    struct row row;
    row.begin = at % BLOCK ? graph->vertices[at - 1].end : 0;
    row.targets = graph->blocks[at / BLOCK] + row.begin;
    row.count = row_count(graph->vertices[at].end - row.begin);
    row.takers = (const unsigned char *)(row.targets + row.count);
    return row;
}

/* The fair instances that can step in a state. */
static inline word graph_able(const struct graph *graph, node at)
{
    switch (graph->mask_bytes) {
    case 0: return 0;
    case 1: return graph->able[at];
    case 2: return ((const uint16_t *)graph->able)[at];
    case 4: return ((const uint32_t *)graph->able)[at];
    default: return ((const word *)graph->able)[at];
    }
}

static inline void graph_set_able(struct graph *graph, node at, word mask)
{
    switch (graph->mask_bytes) {
    case 0: break;
    case 1: graph->able[at] = (unsigned char)mask; break;
    case 2: ((uint16_t *)graph->able)[at] = (uint16_t)mask; break;
    case 4: ((uint32_t *)graph->able)[at] = (uint32_t)mask; break;
    default: ((word *)graph->able)[at] = mask;
    }
}

/* Room for what every node has; the marks are set and counted. False where there is none. */
static inline bool graph_open(struct graph *graph)
{
    graph->count = graph->ranks.count;
    graph->vertices = memory_take(graph->count * sizeof(struct vertex) + 1);
    graph->blocks = memory_take((graph_blocks(graph) + 1) * sizeof(uint32_t *));
    graph->able = memory_take(graph->count * graph->mask_bytes + 1);
    return graph->vertices != NULL && graph->blocks != NULL && graph->able != NULL;
}

/* Room for one more row of `count` steps in a block that holds `held` units. The whole block
 * moves to a new chunk where the old one has no room. False where there is no memory for one. */
static inline bool graph_reserve(struct graph *graph, struct chunk *chunk, size_t block,
                                 uint32_t held, uint32_t count)
{
    const size_t wanted = row_units(count);
    if (graph->blocks[block] == NULL)
        graph->blocks[block] = chunk->next;
    if ((size_t)(chunk->end - chunk->next) >= wanted)
        return true;
    /* Large ones, for huge pages; but little more than what will be used. */
    size_t units = atomic_load(&graph->units) / 4;
    units = units < CHUNK_UNITS ? CHUNK_UNITS : units > MOST_CHUNK_UNITS ? MOST_CHUNK_UNITS : units;
    if (units < 2 * (held + wanted))
        units = 2 * (held + wanted);
    uint32_t *fresh = memory_take(units * sizeof(uint32_t));
    if (fresh == NULL)
        return false;
    if (held > 0)
        memcpy(fresh, graph->blocks[block], held * sizeof(uint32_t));
    graph->blocks[block] = fresh;
    chunk->next = fresh + held;
    chunk->end = fresh + units;
    return true;
}

#endif
