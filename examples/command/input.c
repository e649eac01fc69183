/* input.c: options, tables and models that a command line names. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "input.h"
#include "stream.h"
#include "watch.h"

/* One "name=value" into params. */
static int option_set(persona_params *params, char *option, persona_error *error)
{
    char *equals = strchr(option, '=');
    *equals = '\0';
    int rc = persona_params_set_text(params, option, equals + 1, PERSONA_NUL, error);
    *equals = '=';
    return rc;
}

int options_read(persona_params **out, const arguments *given, option_kind family,
                 const char *schema, persona_error *error)
{
    int rc = persona_params_new(out, schema, error);
    for (int i = 0; rc == PERSONA_OK && i < given->option_count; i++) {
        char *name = given->options[i];
        if (option_family(name) != family) continue;
        if (family != OPTION_OWN) name += strlen(option_prefix(family));
        rc = option_set(*out, name, error);
    }
    if (rc != PERSONA_OK) {
        persona_params_free(*out);
        *out = NULL;
    }
    return rc;
}

static int schema_has(const persona_table *schema, const char *option)
{
    const char *name;
    int64_t length, by_name = persona_table_find(schema, "name");
    for (int64_t row = 0; row < persona_table_rows(schema); row++) {
        persona_table_text(schema, by_name, row, &name, &length);
        if (strncmp(option, name, (size_t)length) == 0 && option[length] == '=') return 1;
    }
    return 0;
}

int options_split(persona_params **out_first, persona_params **out_rest,
                  const arguments *given, const char *first, const char *rest,
                  persona_error *error)
{
    persona_table *schema = NULL;
    int rc = persona_params_schema(&schema, first, error);
    if (rc == PERSONA_OK) rc = persona_params_new(out_first, first, error);
    if (rc == PERSONA_OK) rc = persona_params_new(out_rest, rest, error);
    for (int i = 0; rc == PERSONA_OK && i < given->option_count; i++) {
        char *option = given->options[i];
        if (option_family(option) != OPTION_OWN) continue;
        rc = option_set(schema_has(schema, option) ? *out_first : *out_rest, option,
                        error);
    }
    persona_table_free(schema);
    return rc;
}

int table_read(persona_table **out, const char *path, const arguments *given,
               persona_error *error)
{
    persona_params *csv = NULL;
    char *bytes = NULL;
    size_t size = 0;
    watch w;
    int rc = options_read(&csv, given, OPTION_CSV, "csv", error);
    if (rc != PERSONA_OK) return rc;
    if (strcmp(path, "-") != 0) {
        rc = persona_table_read_csv(out, path, csv, watch_start(&w), error);
        watch_stop(&w);
    } else if ((rc = read_all(stdin, &bytes, &size, error)) == PERSONA_OK) {
        rc = persona_table_from_csv(out, bytes, (int64_t)size, csv, watch_start(&w),
                                    error);
        watch_stop(&w);
    }
    free(bytes);
    persona_params_free(csv);
    if (rc == PERSONA_OK && persona_table_skipped(*out) > 0)
        fprintf(stderr, "warning: %s: %lld bad rows left out\n", path,
                (long long)persona_table_skipped(*out));
    return rc;
}

/* --link COLUMN=OTHER.csv:KEY */
int table_link(persona_table *table, char *link, const arguments *given,
               persona_error *error)
{
    persona_table *other = NULL;
    char *path = strchr(link, '='), *key = strrchr(link, ':');
    int rc;
    if (path == NULL || key == NULL || key < path || path == link || key[1] == '\0')
        return fail(error, USAGE, "--link takes COLUMN=OTHER.csv:KEY, not '%s'", link);
    *path++ = '\0';
    *key++ = '\0';
    rc = table_read(&other, path, given, error);
    if (rc == PERSONA_OK) rc = persona_table_link(table, link, other, key, error);
    persona_table_free(other);
    return rc;
}

int model_read(persona_model **out, const char *path, const arguments *given,
               persona_error *error)
{
    persona_params *load = NULL;
    char *bytes = NULL;
    size_t size = 0;
    int rc = options_read(&load, given, OPTION_LOAD, "model.load", error);
    if (rc != PERSONA_OK) return rc;
    if (strcmp(path, "-") != 0)
        rc = persona_model_load(out, path, load, NULL, error);
    else if ((rc = read_all(stdin, &bytes, &size, error)) == PERSONA_OK)
        rc = persona_model_from_bytes(out, bytes, (int64_t)size, load, error);
    free(bytes);
    persona_params_free(load);
    return rc;
}

int model_write(const persona_model *model, const char *path, persona_error *error)
{
    persona_buffer *bytes = NULL;
    int rc;
    if (strcmp(path, "-") != 0) return persona_model_save(model, path, NULL, error);
    rc = persona_model_to_bytes(&bytes, model, error);
    if (rc == PERSONA_OK)
        rc = write_all(stdout, "standard output", persona_buffer_data(bytes),
                       persona_buffer_size(bytes), error);
    persona_buffer_free(bytes);
    return rc;
}
