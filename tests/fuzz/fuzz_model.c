/* Any bytes as a model file: an error, or a model that can be asked everything, saved,
 * and read again with the same digest. */
#include "fuzz.h"
#include "mutate_model.h"

#include <math.h>
#include "shop/segment/segment.h"

enum { MOST_INPUTS = 512, MOST_SEGMENTS = 512, ROWS = 6 };

static persona_params *load_options(void)
{
    static persona_params *options;
    if (options != NULL) return options;
    PROMISE(persona_params_new(&options, "model.load", NULL) == PERSONA_OK);
    PROMISE(persona_params_set_int(options, "max_bytes", 4 << 20, NULL) == PERSONA_OK);
    return options;
}

static void free_if_ok(int rc, const persona_error *error, persona_table *table)
{
    if (rc != PERSONA_OK) {
        promise_error(rc, error);
        PROMISE(table == NULL);
    } else {
        PROMISE(table != NULL);
        PROMISE(persona_table_rows(table) >= 0);
    }
    persona_table_free(table);
}

static void ask_parts(const persona_model *model)
{
    persona_error error = {0};
    persona_table *parts = NULL, *part = NULL;
    char name[64];
    const char *bytes;
    int64_t length;
    if (persona_model_part(&parts, model, "parts", &error) != PERSONA_OK) return;
    for (int64_t i = 0; i < persona_table_rows(parts); i++) {
        PROMISE(persona_table_text(parts, 0, i, &bytes, &length) == PERSONA_OK);
        PROMISE(length < (int64_t)sizeof name);
        memcpy(name, bytes, (size_t)length);
        name[length] = '\0';
        const int rc = persona_model_part(&part, model, name, &error);
        free_if_ok(rc, &error, part);
    }
    persona_table_free(parts);
}

static void ask_model(const persona_model *model)
{
    persona_error error = {0};
    persona_buffer *json = NULL;
    persona_table *table = NULL;
    PROMISE(persona_model_describe(&json, model, &error) == PERSONA_OK);
    PROMISE(((const char *)persona_buffer_data(json))[0] == '{');
    persona_buffer_free(json);
    int rc = persona_model_notes(&table, model, &error);
    free_if_ok(rc, &error, table);
    rc = persona_model_inputs(&table, model, &error);
    free_if_ok(rc, &error, table);
    rc = persona_model_part(&table, model, "no such part", &error);
    PROMISE(rc == PERSONA_EARG);
    ask_parts(model);
    rc = persona_model_without_user((persona_model **)&table, model, "nobody",
                                    PERSONA_NUL, NULL, &error);
    if (rc == PERSONA_OK) {
        persona_model_free((persona_model *)table);
    } else {
        promise_error(rc, &error);
    }
}

/* Rows of ordinary, missing, large and odd values. */
static void fill_row(double *numbers, int32_t count, int row)
{
    static const double odd[] = {0, 1, -1, NAN, 1e300, -1e300, 42.5, 1e-310, 1000, 3};
    for (int32_t i = 0; i < count; i++)
        numbers[i] = row == 0 ? 0 : row == 1 ? NAN : odd[(i * 7 + row * 3) % 10];
}

static void bind_texts(persona_query *query, const persona_segmenter *model, int row)
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

static void ask_row(persona_query *query, const persona_segmenter *model,
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

static void ask_segmenter(const persona_segmenter *model)
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
        bind_texts(query, model, row);
        ask_row(query, model, numbers);
    }
    persona_query_free(query);
}

static void add_column(persona_table *table, const psn_segment_input *input, int32_t at)
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

static void ask_table(const persona_segmenter *model)
{
    persona_error error = {0};
    persona_table *table = NULL, *out = NULL;
    PROMISE(persona_table_new(&table, NULL) == PERSONA_OK);
    for (int32_t i = 0; i < model->inputs && i < MOST_INPUTS; i++)
        add_column(table, &model->input[i], i);
    const int rc = persona_segmenter_assign_table(&out, model, table, NULL, NULL, &error);
    free_if_ok(rc, &error, out);
    persona_table_free(table);
}

static void save_and_load(const persona_model *model)
{
    persona_error error = {0};
    persona_buffer *first = NULL, *second = NULL;
    persona_model *again = NULL;
    PROMISE(persona_model_to_bytes(&first, model, &error) == PERSONA_OK);
    const int64_t size = persona_buffer_size(first);
    const int rc =
        persona_model_from_bytes(&again, persona_buffer_data(first), size, NULL, &error);
    if (rc != PERSONA_OK) fprintf(stderr, "%s\n", error.message);
    PROMISE(rc == PERSONA_OK);
    PROMISE(strcmp(persona_model_digest(again), persona_model_digest(model)) == 0);
    PROMISE(persona_model_to_bytes(&second, again, &error) == PERSONA_OK);
    PROMISE(persona_buffer_size(second) == size);
    PROMISE(memcmp(persona_buffer_data(first), persona_buffer_data(second),
                   (size_t)size) == 0);
    persona_buffer_free(first);
    persona_buffer_free(second);
    persona_model_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    persona_error error = {0};
    persona_model *model = NULL;
    const int rc =
        persona_model_from_bytes(&model, data, (int64_t)size, load_options(), &error);
    if (rc != PERSONA_OK) {
        promise_error(rc, &error);
        PROMISE(rc == PERSONA_EFORMAT || rc == PERSONA_EVERSION || rc == PERSONA_ELIMIT);
        PROMISE(model == NULL);
        return 0;
    }
    ask_model(model);
    const persona_segmenter *segmenter = persona_model_segmenter(model);
    if (segmenter != NULL) {
        ask_segmenter(segmenter);
        ask_table(segmenter);
    }
    save_and_load(model);
    persona_model_free(model);
    return 0;
}
