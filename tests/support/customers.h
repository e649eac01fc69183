/* customers.h: a small table of customers in three plain groups, and what is fitted on
 * it. */
#ifndef TESTS_SUPPORT_CUSTOMERS_H
#define TESTS_SUPPORT_CUSTOMERS_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "persona.h"

enum { CUSTOMERS = 90, CUSTOMER_GROUPS = 3, CUSTOMER_INPUTS = 3 };

static inline void customers_must(int rc, const persona_error *error)
{
    if (rc == PERSONA_OK) return;
    fprintf(stderr, "%s\n", error->message);
    exit(3);
}

/* Customer i belongs to group i % 3; the middle of group g is at 10 + 100 g, give or
 * take 4. */
static inline void customer(int64_t i, double *numbers)
{
    const double middle = 10 + 100.0 * (double)(i % CUSTOMER_GROUPS);
    numbers[0] = middle + (double)(i * 7 % 9) - 4;
    numbers[1] = middle + (double)(i * 5 % 9) - 4;
    numbers[2] = 500 - middle + (double)(i * 4 % 9) - 4;
}

/* Columns recency, frequency, monetary, shifted by `shift`; id when asked for. NULL when
 * memory is out. */
static inline int customers_build(persona_table **out, double shift, int with_id,
                                  persona_error *error)
{
    static const char *const names[] = {"recency", "frequency", "monetary"};
    double columns[CUSTOMER_INPUTS][CUSTOMERS], numbers[CUSTOMER_INPUTS];
    int64_t ids[CUSTOMERS];
    int rc = persona_table_new(out, error);
    for (int64_t i = 0; i < CUSTOMERS; i++) {
        customer(i, numbers);
        ids[i] = 1000 + i;
        for (int c = 0; c < CUSTOMER_INPUTS; c++) columns[c][i] = numbers[c] + shift;
    }
    if (rc == PERSONA_OK && with_id)
        rc = persona_table_add_int(*out, "user", ids, NULL, CUSTOMERS, error);
    for (int c = 0; rc == PERSONA_OK && c < CUSTOMER_INPUTS; c++)
        rc = persona_table_add_real(*out, names[c], columns[c], CUSTOMERS, error);
    if (rc != PERSONA_OK) {
        persona_table_free(*out);
        *out = NULL;
    }
    return rc;
}

static inline persona_table *customers_table(double shift)
{
    persona_error error = {0};
    persona_table *table = NULL;
    customers_must(customers_build(&table, shift, 0, &error), &error);
    return table;
}

static inline persona_params *customers_options(const char *text)
{
    persona_error error = {0};
    persona_params *options = NULL;
    customers_must(persona_params_new(&options, "segmenter.fit", &error), &error);
    customers_must(persona_params_parse(options, text, &error), &error);
    return options;
}

static inline persona_segmenter *customers_fit(double shift, const char *options)
{
    persona_error error = {0};
    persona_segmenter *segmenter = NULL;
    persona_table *table = customers_table(shift);
    persona_params *fit = customers_options(options);
    customers_must(persona_segmenter_fit(&segmenter, table, fit, NULL, &error), &error);
    persona_params_free(fit);
    persona_table_free(table);
    return segmenter;
}

#endif
