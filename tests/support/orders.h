/* orders.h: a small table of orders, some of them frauds by a plain rule, and what is
 * fitted on it. */
#ifndef TESTS_SUPPORT_ORDERS_H
#define TESTS_SUPPORT_ORDERS_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "persona.h"

enum { ORDERS = 600, ORDER_INPUTS = 4 };
/* Inputs of the scorer, in the order of persona_model_inputs. */
enum { ORDER_AMOUNT, ORDER_AT, ORDER_SIGNED_UP, ORDER_COUNTRY };
static const int64_t order_first = INT64_C(1735689600000); /* 2025-01-01, a Wednesday */

static inline void orders_must(int rc, const persona_error *error)
{
    if (rc == PERSONA_OK) return;
    fprintf(stderr, "%s\n", error->message);
    exit(3);
}

static inline const char *order_country(int64_t i)
{
    static const char *const names[] = {"DE", "FR", "BR", "US"};
    return names[i * 7 / 3 % 4];
}

static inline double order_amount(int64_t i)
{
    return 20 + (double)(i * 37 % 101);
}

static inline int64_t order_at(int64_t i)
{
    return order_first + i * 3600000;
}

static inline int64_t order_signed_up(int64_t i)
{
    return order_at(i) - (1 + i * 13 % 50) * INT64_C(86400000);
}

/* Large orders from Brazil, and every 40th. */
static inline int order_fraud(int64_t i)
{
    return (order_country(i)[0] == 'B' && order_amount(i) > 60) || i % 40 == 7;
}

/* text: order `i` has no text input here; bind it. */
static inline void order_numbers(int64_t i, double *numbers)
{
    numbers[ORDER_AMOUNT] = order_amount(i);
    numbers[ORDER_AT] = (double)order_at(i);
    numbers[ORDER_SIGNED_UP] = (double)order_signed_up(i);
    numbers[ORDER_COUNTRY] = NAN;
}

static inline int orders_add_countries(persona_table *table, persona_error *error)
{
    char bytes[2 * ORDERS + 1];
    int64_t offsets[ORDERS + 1];
    offsets[0] = 0;
    for (int64_t i = 0; i < ORDERS; i++) {
        memcpy(bytes + 2 * i, order_country(i), 2);
        offsets[i + 1] = 2 * i + 2;
    }
    return persona_table_add_text(table, "country", bytes, offsets, NULL, ORDERS, error);
}

/* Columns order_id, amount, ordered_at, signed_up_at, country, is_fraud. unknown: every
 * such row's label is missing (0: none). */
static inline int orders_build(persona_table **out, int64_t unknown, persona_error *error)
{
    static int64_t id[ORDERS], at[ORDERS], signed_up[ORDERS], fraud[ORDERS];
    static double amount[ORDERS];
    static uint8_t known[ORDERS];
    int rc = persona_table_new(out, error);
    for (int64_t i = 0; i < ORDERS; i++) {
        id[i] = 5000 + i;
        at[i] = order_at(i);
        signed_up[i] = order_signed_up(i);
        fraud[i] = order_fraud(i);
        amount[i] = order_amount(i);
        known[i] = unknown == 0 || i % unknown != 0;
    }
    if (rc == PERSONA_OK)
        rc = persona_table_add_int(*out, "order_id", id, NULL, ORDERS, error);
    if (rc == PERSONA_OK)
        rc = persona_table_add_real(*out, "amount", amount, ORDERS, error);
    if (rc == PERSONA_OK)
        rc = persona_table_add_time(*out, "ordered_at", at, NULL, ORDERS, error);
    if (rc == PERSONA_OK)
        rc = persona_table_add_time(*out, "signed_up_at", signed_up, NULL, ORDERS, error);
    if (rc == PERSONA_OK) rc = orders_add_countries(*out, error);
    if (rc == PERSONA_OK)
        rc = persona_table_add_int(*out, "is_fraud", fraud, known, ORDERS, error);
    if (rc != PERSONA_OK) {
        persona_table_free(*out);
        *out = NULL;
    }
    return rc;
}

static inline persona_table *orders_table(int64_t unknown)
{
    persona_error error = {0};
    persona_table *table = NULL;
    orders_must(orders_build(&table, unknown, &error), &error);
    return table;
}

static inline persona_params *orders_params(const char *schema, const char *options)
{
    persona_error error = {0};
    persona_params *params = NULL;
    orders_must(persona_params_new(&params, schema, &error), &error);
    orders_must(persona_params_parse(params, options, &error), &error);
    return params;
}

/* Options that keep a fit short. */
#define ORDERS_QUICK "search=1 gbdt.rounds=60 draws=20 seed=1 "

static inline persona_fraud_scorer *orders_fit_table(const persona_table *table,
                                                     const char *options)
{
    persona_error error = {0};
    persona_params *params = orders_params("fraud_scorer.fit", options);
    persona_fraud_scorer *scorer = NULL;
    orders_must(persona_fraud_scorer_fit(&scorer, table, params, NULL, &error), &error);
    persona_params_free(params);
    return scorer;
}

static inline persona_fraud_scorer *orders_fit(const char *options)
{
    persona_table *table = orders_table(0);
    persona_fraud_scorer *scorer = orders_fit_table(table, options);
    persona_table_free(table);
    return scorer;
}

/* The text of a part's cell. */
static inline int orders_text_is(const persona_table *table, const char *column,
                                 int64_t row, const char *text)
{
    const char *bytes;
    int64_t length;
    persona_table_text(table, persona_table_find(table, column), row, &bytes, &length);
    return bytes && (size_t)length == strlen(text) &&
           memcmp(bytes, text, (size_t)length) == 0;
}

#endif
