/* inputs.h: what a model is asked about: its inputs, numbers first, then texts, as
 * columns of a table or as the numbers and texts of one question. What a kind makes of
 * them is its own; here is what all say when they do not fit. */
#ifndef PSN_SHOP_INPUTS_H
#define PSN_SHOP_INPUTS_H

#include "base/dict.h"
#include "data/table.h"

/* ---- the list of them (persona_model_inputs): input, name, type, unit, role */
typedef struct psn_input_row {
    const char *name;
    const char *type; /* "number", "time" or "text" */
    const char *unit; /* "ms", "" */
    const char *role; /* "feature", "value" */
} psn_input_row;
int psn_inputs_table(persona_table **out, const psn_input_row *inputs, int64_t count,
                     persona_error *error);

/* ---- a column of a table as an input */
/* PERSONA_EDATA listing the columns if there is none of that name. */
int psn_inputs_column(const psn_column **out, const persona_table *table,
                      const char *name, persona_error *error);
/* 1 if the column has no value at all: then it has no type either, and goes with every
 * input. */
int psn_inputs_empty(const psn_column *column, int64_t rows);
/* PERSONA_EDATA unless it holds times (is_time), or numbers or bools. */
int psn_inputs_need(const psn_column *column, int64_t rows, int is_time,
                    persona_error *error);
/* The level of every row of a text column: its number in `levels`, `unseen` where it is
 * none of them, -1 where it is missing. A dictionary is looked up once a level. */
int psn_inputs_levels(int32_t *level, const psn_dict *levels, const psn_column *column,
                      int64_t rows, int32_t unseen, persona_error *error);
/* PERSONA_EDATA at that row. */
int psn_inputs_infinite(const psn_column *column, int64_t row, persona_error *error);

/* ---- one question */
int psn_inputs_check_count(int64_t count, int32_t inputs, persona_error *error);
/* PERSONA_EARG unless `input` is a text input: they follow `numbers` numbers. */
int psn_inputs_check_text(int64_t input, int32_t numbers, int32_t inputs,
                          persona_error *error);
/* PERSONA_EDATA at that input. */
int psn_inputs_infinite_number(int32_t input, const char *name, persona_error *error);

#endif
