/* Any bytes as a model file: an error, or a model that can be asked everything, saved,
 * and read again with the same digest. */
#include "ask_fraud.h"
#include "ask_recommender.h"
#include "ask_segmenter.h"
#include "mutate_model.h"

static persona_params *load_options(void)
{
    static persona_params *options;
    if (options != NULL) return options;
    PROMISE(persona_params_new(&options, "model.load", NULL) == PERSONA_OK);
    PROMISE(persona_params_set_int(options, "max_bytes", 4 << 20, NULL) == PERSONA_OK);
    return options;
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
    const persona_fraud_scorer *scorer = persona_model_fraud_scorer(model);
    if (segmenter != NULL) ask_segmenter(segmenter);
    const persona_recommender *recommender = persona_model_recommender(model);
    if (scorer != NULL) ask_fraud(scorer);
    if (recommender != NULL) ask_recommender(recommender);
    save_and_load(model);
    persona_model_free(model);
    return 0;
}
