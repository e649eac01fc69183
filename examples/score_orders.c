/* score_orders.c: how likely is this order fraud, what to do with it, and why?
 * Learns from nine months with the labels known by then and is judged on the last three,
 * of which it has seen nothing: the only honest way, since frauds change.
 *     make_orders > orders.csv; score_orders orders.csv [MODEL.persona] */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "persona.h"

#define OPTIONS                                                                          \
    "column.label=known_fraud column.time=ordered_at column.order=event_id "             \
    "exclude=is_fraud,label_at seed=1"
#define TRY(call)                                                                        \
    if ((rc = (call)) != PERSONA_OK) goto done

/* 2025-10-01T00:00Z: now, as far as the shop knows. */
static const int64_t today = INT64_C(1759276800000);

/* The rows before or from today, with the label as it is known: today for the past, and
 * in the end for the future, which only the judge sees. */
static int part_of(persona_table **out, const persona_table *table, int future,
                   persona_error *error)
{
    int rc = PERSONA_OK;
    const int64_t rows = persona_table_rows(table);
    const int64_t *at =
        persona_table_times(table, persona_table_find(table, "ordered_at"));
    const int64_t *label_at =
        persona_table_times(table, persona_table_find(table, "label_at"));
    const int64_t *fraud =
        persona_table_ints(table, persona_table_find(table, "is_fraud"));
    int64_t *row = malloc((size_t)rows * sizeof *row), count = 0;
    int64_t *label = malloc((size_t)rows * sizeof *label);
    uint8_t *known = malloc((size_t)rows);
    if (!row || !label || !known || !at || !label_at || !fraud) TRY(PERSONA_EDATA);
    for (int64_t i = 0; i < rows; i++) {
        if ((at[i] >= today) != future) continue;
        label[count] = fraud[i];
        known[count] = future || label_at[i] < today;
        row[count++] = i;
    }
    TRY(persona_table_select(out, table, row, count, error));
    TRY(persona_table_add_int(*out, "known_fraud", label, known, count, error));
done:
    free(row);
    free(label);
    free(known);
    return rc;
}

static int print_metrics(const persona_fraud_scorer *model, const persona_table *future,
                         persona_error *error)
{
    persona_table *metrics = NULL;
    const char *name;
    int64_t length;
    int rc;
    TRY(persona_fraud_scorer_evaluate(&metrics, model, future, NULL, NULL, NULL, error));
    printf("\nOn the three months it has not seen (95 %% interval):\n");
    for (int64_t i = 0; i < persona_table_rows(metrics); i++) {
        persona_table_text(metrics, 0, i, &name, &length);
        printf("  %-20.*s %10.4f", (int)length, name, persona_table_reals(metrics, 1)[i]);
        printf("   %10.4f .. %.4f\n", persona_table_reals(metrics, 2)[i],
               persona_table_reals(metrics, 3)[i]);
    }
done:
    persona_table_free(metrics);
    return rc;
}

/* Every `step`th order that is not simply accepted, with its reasons. */
static int print_decisions(const persona_fraud_scorer *model, const persona_table *future,
                           int64_t step, persona_error *error)
{
    persona_table *scores = NULL;
    const char *action, *reasons;
    int64_t length, told, found = 0;
    int rc;
    TRY(persona_fraud_scorer_score_table(&scores, model, future, NULL, NULL, error));
    printf("\nSome orders that were not simply accepted:\n");
    for (int64_t i = 0; i < persona_table_rows(scores); i++) {
        persona_table_text(scores, 3, i, &action, &length);
        persona_table_text(scores, 4, i, &reasons, &told);
        if (*action == 'a' || found++ % step != 0) continue;
        printf(
            "  %lld  %5.3f  %-6.*s  %.*s\n", (long long)persona_table_ints(scores, 1)[i],
            persona_table_reals(scores, 2)[i], (int)length, action, (int)told, reasons);
    }
done:
    persona_table_free(scores);
    return rc;
}

/* What a web worker does with each order: bind, score, decide. */
static int one_order(const persona_fraud_scorer *model, persona_error *error)
{
    enum { MOST = 64, TIMES = 20000 };
    persona_table *inputs = NULL;
    persona_query *query = NULL;
    double numbers[MOST], probability = 0;
    int32_t action = 0;
    int rc;
    TRY(persona_model_inputs(&inputs, persona_fraud_scorer_model(model), error));
    const int64_t count = persona_table_rows(inputs);
    TRY(persona_fraud_scorer_prepare(&query, model, NULL, error));
    for (int64_t i = 0; i < count && i < MOST; i++) numbers[i] = NAN; /* unknown */
    const clock_t start = clock();
    for (int i = 0; i < TIMES; i++)
        TRY(persona_fraud_scorer_score(query, numbers, count, 250, &probability, &action,
                                       error));
    printf("\nOf an order of 250 nothing else is known: probability %.4f, action %d, "
           "%.1f us\n",
           probability, (int)action,
           (double)(clock() - start) * 1e6 / CLOCKS_PER_SEC / TIMES);
done:
    persona_query_free(query);
    persona_table_free(inputs);
    return rc;
}

int main(int argc, char **argv)
{
    persona_error error = {0};
    persona_table *table = NULL, *past = NULL, *future = NULL;
    persona_params *options = NULL;
    persona_fraud_scorer *model = NULL;
    int rc = PERSONA_OK;
    if (argc < 2) return fprintf(stderr, "usage: score_orders ORDERS.csv [MODEL]\n"), 2;
    TRY(persona_table_read_csv(&table, argv[1], NULL, NULL, &error));
    TRY(part_of(&past, table, 0, &error));
    TRY(part_of(&future, table, 1, &error));
    TRY(persona_params_new(&options, "fraud_scorer.fit", &error));
    TRY(persona_params_parse(options, OPTIONS, &error));
    TRY(persona_fraud_scorer_fit(&model, past, options, NULL, &error));
    persona_model *file = persona_fraud_scorer_model(model);
    if (argc > 2) TRY(persona_model_save(file, argv[2], NULL, &error));
    TRY(print_metrics(model, future, &error));
    TRY(print_decisions(model, future, 60, &error));
    TRY(one_order(model, &error));
done:
    if (rc != PERSONA_OK)
        fprintf(stderr, "score_orders: code %d %s\n", rc, error.message);
    persona_model_free(persona_fraud_scorer_model(model));
    persona_params_free(options);
    persona_table_free(future);
    persona_table_free(past);
    persona_table_free(table);
    return rc == PERSONA_OK ? 0 : 1;
}
