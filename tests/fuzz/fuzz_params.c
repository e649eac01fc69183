/* Any text as options: the first byte chooses the schema, the rest is parsed, and the
 * part before and after its first '=' is set as name and value. */
#include "fuzz.h"

static void set_one(persona_params *params, char *text)
{
    persona_error error = {0};
    char *equals = strchr(text, '=');
    if (equals == NULL) return;
    *equals = '\0';
    int rc = persona_params_set_text(params, text, equals + 1, PERSONA_NUL, &error);
    if (rc != PERSONA_OK) promise_error(rc, &error);
    rc = persona_params_set_real(params, text, (double)strlen(equals + 1) * 0.5, &error);
    if (rc != PERSONA_OK) promise_error(rc, &error);
    rc = persona_params_set_int(params, text, (int64_t)strlen(equals + 1), &error);
    if (rc != PERSONA_OK) promise_error(rc, &error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const schemas[] = {"csv", "model.load", "segmenter.fit",
                                          "segmenter.query"};
    persona_error error = {0};
    persona_params *params = NULL;
    if (size == 0) return 0;
    char *text = malloc(size);
    PROMISE(text != NULL);
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    PROMISE(persona_params_new(&params, schemas[data[0] % 4], NULL) == PERSONA_OK);
    const int rc = persona_params_parse(params, text, &error);
    if (rc != PERSONA_OK) promise_error(rc, &error);
    set_one(params, text);
    persona_params_free(params);
    free(text);
    return 0;
}
