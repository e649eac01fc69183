/* ask_segmenter.h: everything that a segmenter can be asked. */
#ifndef TESTS_FUZZ_ASK_SEGMENTER_H
#define TESTS_FUZZ_ASK_SEGMENTER_H

#include "ask.h"
#include "shop/segment/segment.h"

enum { MOST_SEGMENTS = 512 };

static inline void segmenter_texts(persona_query *query, const persona_segmenter *model,
                                   int row)
{
    for (int32_t i = model->numbers; i < model->inputs; i++) {
        size_t length = 0;
        const char *text = "never seen";
        if (row % 2 == 0 && psn_dict_count(model->input[i].levels) > 0)
            text = psn_dict_text(model->input[i].levels, 0, &length);
        else
            length = strlen(text);
        PROMISE(persona_query_text(query, i, text, (int64_t)length, NULL) == PERSONA_OK);
    }
}

static inline void segmenter_row(persona_query *query, const persona_segmenter *model,
                                 const double *numbers)
{
    persona_error error = {0};
    int32_t segment = -1;
    double distance = -1, sum = 0, values[MOST_SEGMENTS];
    persona_table *why = NULL;
    const int32_t k = model->k;
    int rc = persona_segmenter_assign(query, numbers, model->inputs, &segment, &distance,
                                      &error);
    if (rc != PERSONA_OK) {
        promise_error(rc, &error);
    } else {
        PROMISE(segment >= 0 && segment < k);
        PROMISE(distance >= 0);
    }
    if (k <= MOST_SEGMENTS) {
        PROMISE(persona_segmenter_distances(query, numbers, model->inputs, values, k,
                                            &error) == rc);
        if (rc == PERSONA_OK) PROMISE(values[segment] == distance);
        int rc_soft = persona_segmenter_membership(query, numbers, model->inputs, values,
                                                   k, &error);
        for (int32_t c = 0; rc_soft == PERSONA_OK && c < k; c++) {
            PROMISE(values[c] >= 0);
            sum += values[c];
        }
        if (rc_soft == PERSONA_OK) PROMISE(fabs(sum - 1) < 1e-9);
    }
    rc = persona_segmenter_explain(&why, query, numbers, model->inputs, &error);
    free_if_ok(rc, &error, why);
}

static inline void segmenter_column(persona_table *table, const psn_segment_input *input,
                                    int32_t at)
{
    double numbers[ROWS];
    int64_t times[ROWS], offsets[ROWS + 1];
    uint8_t bools[ROWS];
    const char *text = "abcdef";
    for (int row = 0; row < ROWS; row++) {
        double values[MOST_INPUTS];
        fill_row(values, at + 1, row);
        numbers[row] = values[at];
        times[row] = row * 86400000;
        bools[row] = row & 1;
        offsets[row] = row;
    }
    offsets[ROWS] = ROWS;
    int rc = PERSONA_OK;
    if (input->type == PSN_SEGMENT_TEXT)
        rc = persona_table_add_text(table, input->name, text, offsets, NULL, ROWS, NULL);
    else if (input->type == PSN_SEGMENT_BOOL)
        rc = persona_table_add_bool(table, input->name, bools, NULL, ROWS, NULL);
    else if (input->type == PSN_SEGMENT_TIME)
        rc = persona_table_add_time(table, input->name, times, NULL, ROWS, NULL);
    else
        rc = persona_table_add_real(table, input->name, numbers, ROWS, NULL);
    PROMISE(rc == PERSONA_OK || rc == PERSONA_EARG || rc == PERSONA_EDATA);
}

static inline void segmenter_table(const persona_segmenter *model)
{
    persona_error error = {0};
    persona_table *table = NULL, *out = NULL;
    PROMISE(persona_table_new(&table, NULL) == PERSONA_OK);
    for (int32_t i = 0; i < model->inputs && i < MOST_INPUTS; i++)
        segmenter_column(table, &model->input[i], i);
    const int rc = persona_segmenter_assign_table(&out, model, table, NULL, NULL, &error);
    free_if_ok(rc, &error, out);
    persona_table_free(table);
}

static inline void ask_segmenter(const persona_segmenter *model)
{
    persona_error error = {0};
    persona_query *query = NULL;
    double numbers[MOST_INPUTS];
    const int rc = persona_segmenter_prepare(&query, model, NULL, &error);
    if (rc != PERSONA_OK) {
        promise_error(rc, &error);
        PROMISE(query == NULL);
        return;
    }
    for (int row = 0; model->inputs <= MOST_INPUTS && row < ROWS; row++) {
        fill_row(numbers, model->inputs, row);
        segmenter_texts(query, model, row);
        segmenter_row(query, model, numbers);
    }
    persona_query_free(query);
    segmenter_table(model);
}

#endif
