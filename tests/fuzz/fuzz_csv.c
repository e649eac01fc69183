/* Any bytes as CSV: a table or an error. What is a table is written again and read again.
 * The first byte chooses the options. */
#include "fuzz.h"

static const char *const option_sets[] = {
    "", "bad_rows=skip", "header=no", "separator=;", "decimal=,", "encoding=latin1",
};

static persona_params *make_options(uint8_t choice)
{
    persona_params *options = NULL;
    PROMISE(persona_params_new(&options, "csv", NULL) == PERSONA_OK);
    /* a set that the schema does not know is left out: then the defaults are tried */
    persona_params_parse(
        options, option_sets[choice % (sizeof option_sets / sizeof option_sets[0])],
        NULL);
    return options;
}

static void look_at(const persona_table *table)
{
    const int64_t rows = persona_table_rows(table);
    const char *bytes;
    int64_t length, sum = 0;
    for (int64_t c = 0; c < persona_table_columns(table); c++) {
        PROMISE(persona_table_name(table, c)[0] != '\0');
        PROMISE(persona_table_find(table, persona_table_name(table, c)) == c);
        if (persona_table_type(table, c) != PERSONA_TYPE_TEXT) continue;
        for (int64_t row = 0; row < rows; row++) {
            PROMISE(persona_table_text(table, c, row, &bytes, &length) == PERSONA_OK);
            for (int64_t i = 0; i < length; i++) sum += (unsigned char)bytes[i];
        }
    }
    PROMISE(sum >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    persona_error error = {0};
    persona_table *table = NULL, *again = NULL;
    persona_buffer *csv = NULL;
    if (size == 0) return 0;
    persona_params *options = make_options(data[0]);
    const int rc = persona_table_from_csv(&table, data + 1, (int64_t)size - 1, options,
                                          NULL, &error);
    persona_params_free(options);
    if (rc != PERSONA_OK) {
        promise_error(rc, &error);
        PROMISE(table == NULL);
        return 0;
    }
    look_at(table);
    PROMISE(persona_table_to_csv(&csv, table, NULL, NULL) == PERSONA_OK);
    if (persona_table_from_csv(&again, persona_buffer_data(csv), persona_buffer_size(csv),
                               NULL, NULL, &error) == PERSONA_OK)
        look_at(again);
    persona_table_free(again);
    persona_buffer_free(csv);
    persona_table_free(table);
    return 0;
}
