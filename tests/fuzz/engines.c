/* Several engines around one model, in one program: engines.py says what they are and why.
 *
 * With `every` as its first argument the program runs each engine on one thread and on two, each
 * time in a process of its own, and writes before an answer `run ENGINE THREADS` and after it
 * `left STATUS`. Otherwise it is the program that a user would run.
 *
 * Each engine is compiled with the names of its outside prefixed by its own name: ENGINES is a
 * list of ENGINE(name).
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECONDS 20                      /* of processor time, which is a thousand times enough */

typedef uint64_t word;
struct work;

struct engine {
    const char *name;
    int (*main)(int count, char **arguments);
    void (*more_room)(struct work *work);
    void (*found_state)(struct work *work, unsigned property, const word *state);
    void (*found_step)(struct work *work, unsigned property, const word *before,
                       const word *after);
    void (*fail)(struct work *work, unsigned property, const word *before);
};

#define ENGINE(name)                                                                            \
    int name##_main(int count, char **arguments);                                               \
    void name##_more_room(struct work *work);                                                   \
    void name##_found_state(struct work *work, unsigned property, const word *state);           \
    void name##_found_step(struct work *work, unsigned property, const word *before,            \
                           const word *after);                                                  \
    void name##_fail(struct work *work, unsigned property, const word *before);
ENGINES
#undef ENGINE
#define ENGINE(name)                                                                            \
    {#name, name##_main, name##_more_room, name##_found_state, name##_found_step, name##_fail},

static const struct engine engines[] = {ENGINES};
static const struct engine *engine = engines;

/* What a model calls. */

void more_room(struct work *work)
{
    engine->more_room(work);
}

void found_state(struct work *work, unsigned property, const word *state)
{
    engine->found_state(work, property, state);
}

void found_step(struct work *work, unsigned property, const word *before, const word *after)
{
    engine->found_step(work, property, before, after);
}

void fail(struct work *work, unsigned property, const word *before)
{
    engine->fail(work, property, before);
}

/* The ones among the bits, for a compiler that does not know how to count them itself. */
int ones(unsigned long long bits)
{
    return __builtin_popcountll(bits);
}

static void run(const struct engine *chosen, int threads, int count, char **arguments)
{
    char wanted[32];
    snprintf(wanted, sizeof wanted, "threads=%d", threads);
    printf("run %s %d\n", chosen->name, threads);
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        engine = chosen;
        arguments[1] = wanted;              /* in the place of `every` */
        exit(chosen->main(count, arguments));
    }
    int status = -1;
    if (child < 0 || waitpid(child, &status, 0) != child)
        status = -1;
    printf("left %d\n", status);
    fflush(stdout);
}

int main(int count, char **arguments)
{
    const struct rlimit limit = {SECONDS, SECONDS};
    setrlimit(RLIMIT_CPU, &limit);
    if (count < 2 || strcmp(arguments[1], "every") != 0)
        return engine->main(count, arguments);
    for (size_t i = 0; i < sizeof engines / sizeof *engines; i++)
        for (int threads = 1; threads <= 2; threads++)
            run(&engines[i], threads, count, arguments);
    return EXIT_SUCCESS;
}
