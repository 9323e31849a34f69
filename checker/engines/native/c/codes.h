/* The codes of states, for the table: a state of one word is its own. */
#ifndef CODES_H
#define CODES_H

#define SPARE_NUMBERS 2                 /* bits that a code has more than its numbers need now */

#if WORDS == 1

static inline unsigned code_low(const struct fold *fold)
{
    (void)fold;
    return 0;
}

static inline unsigned code_bits(const struct fold *fold)
{
    (void)fold;
    return model.bits;
}

static inline bool codes_fit(const struct table *table)
{
    (void)table;
    return true;
}

static inline bool table_code(const struct table *table, struct recent *recent, const word *state,
                              word *code)
{
    (void)table, (void)recent;
    *code = state[0];
    return true;
}

static inline word table_recode(const struct table *from, const struct table *to, word code)
{
    (void)from, (void)to;
    return code;
}

/* The state in a slot; false where there is none. Only while nobody puts anything in. */
static inline bool table_read(const struct table *table, word place, word *state)
{
    return table_read_code(table, place, state);
}

#else

/* The tables of the two numbers that are a code. */
static inline const struct pairs *last_pairs(const struct fold *fold, unsigned which)
{
    return &fold->pairs[fold->tables - 2 + which];
}

/* The bits that a code has for one of its numbers. */
static inline unsigned number_bits(const struct fold *fold, unsigned which)
{
    const unsigned bits = last_pairs(fold, which)->bits + SPARE_NUMBERS;
    return bits < MOST_NUMBERS ? bits : MOST_NUMBERS;
}

static inline unsigned code_low(const struct fold *fold)
{
    return number_bits(fold, 0);
}

static inline unsigned code_bits(const struct fold *fold)
{
    return number_bits(fold, 0) + number_bits(fold, 1);
}

/* Whether the codes of the table have room for all numbers that there can be. */
static inline bool codes_fit(const struct table *table)
{
    return last_pairs(table->fold, 0)->bits <= table->low
           && last_pairs(table->fold, 1)->bits <= table->bits - table->low;
}

/* The code of a state; `recent` as for fold_state(). False where there are no numbers left. */
static inline bool table_code(const struct table *table, struct recent *recent, const word *state,
                              word *code)
{
    word numbers[2];
    if (!fold_state(table->fold, recent, state, numbers))
        return false;
    *code = numbers[0] | numbers[1] << table->low;
    return true;
}

static inline void code_numbers(const struct table *table, word code, word *numbers)
{
    numbers[0] = code & (((word)1 << table->low) - 1);
    numbers[1] = code >> table->low;
}

/* The code in another table of the state that has this one here. */
static inline word table_recode(const struct table *from, const struct table *to, word code)
{
    word numbers[2];
    code_numbers(from, code, numbers);
    return numbers[0] | numbers[1] << to->low;
}

/* The state in a slot; false where there is none. Only while nobody puts anything in. */
static inline bool table_read(const struct table *table, word place, word *state)
{
    word code, numbers[2];
    if (!table_read_code(table, place, &code))
        return false;
    code_numbers(table, code, numbers);
    unfold(table->fold, numbers, state);
    return true;
}

#endif

#endif
