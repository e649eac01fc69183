/* tiny_events.h: a recommender fitted on a few lines of CSV, asked and looked into. */
#ifndef TESTS_SUPPORT_TINY_EVENTS_H
#define TESTS_SUPPORT_TINY_EVENTS_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "persona.h"
#include "shop/recommend/recommend.h"

static persona_error events_error;

static inline persona_table *events_csv(const char *csv)
{
    persona_table *table = NULL;
    if (persona_table_from_csv(&table, csv, (int64_t)strlen(csv), NULL, NULL,
                               &events_error))
        fail_msg("%s", events_error.message);
    return table;
}

static inline persona_params *events_options(const char *schema, const char *text)
{
    persona_params *params = NULL;
    if (persona_params_new(&params, schema, &events_error) ||
        persona_params_parse(params, text, &events_error))
        fail_msg("%s", events_error.message);
    return params;
}

/* Takes the table over. */
static inline int events_try_table(persona_recommender **out, persona_table *table,
                                   const char *options)
{
    persona_params *params = events_options("recommender.fit", options);
    memset(&events_error, 0, sizeof events_error);
    const int rc = persona_recommender_fit(out, table, params, NULL, &events_error);
    assert_true((rc == PERSONA_OK) == (*out != NULL));
    persona_params_free(params);
    persona_table_free(table);
    return rc;
}

static inline int events_try(persona_recommender **out, const char *csv,
                             const char *options)
{
    return events_try_table(out, events_csv(csv), options);
}

static inline persona_recommender *events_fit(const char *csv, const char *options)
{
    persona_recommender *model = NULL;
    if (events_try(&model, csv, options)) fail_msg("%s", events_error.message);
    return model;
}

static inline void events_free(persona_recommender *model)
{
    persona_model_free(persona_recommender_model(model));
}

/* The fit says no, with that code and these words. */
static inline void events_refused(const char *csv, const char *options, int code,
                                  const char *words)
{
    persona_recommender *model = NULL;
    const int rc = events_try(&model, csv, options);
    if (rc != code || strstr(events_error.message, words) == NULL)
        fail_msg("code %d: %s", rc, events_error.message);
    assert_null(model);
}

/* Of a note: its count, or -1 where there is none. */
static inline int64_t events_note(const persona_recommender *model, const char *code)
{
    persona_table *notes = NULL;
    int64_t found = -1;
    assert_int_equal(persona_model_notes(&notes, persona_recommender_model(model), NULL),
                     0);
    for (int64_t i = 0; i < persona_table_rows(notes); i++) {
        const char *text;
        int64_t length;
        persona_table_text(notes, 0, i, &text, &length);
        if (length == (int64_t)strlen(code) && memcmp(text, code, (size_t)length) == 0)
            found = persona_table_ints(notes, 2)[i];
    }
    persona_table_free(notes);
    return found;
}

static inline int32_t events_item(const persona_recommender *model, const char *id)
{
    return (int32_t)persona_recommender_item(model, id, PERSONA_NUL);
}

static inline const psn_rec_kind *events_kind(const persona_recommender *model,
                                              const char *name)
{
    for (int32_t k = 0; k < model->engine.kinds; k++)
        if (strcmp(model->engine.kind[k].name, name) == 0) return model->engine.kind + k;
    fail_msg("no kind %s", name);
    return NULL;
}

/* The answer to a question about a user (NULL: nobody) as ids joined by spaces. */
static inline const char *events_ask(const persona_recommender *model, const char *user,
                                     const char *options, int64_t k)
{
    static char ids[4000];
    persona_query *query = NULL;
    persona_params *params = events_options("recommender.query", options);
    int64_t count = -1, length;
    if (persona_recommender_prepare(&query, model, params, &events_error))
        fail_msg("%s", events_error.message);
    if (user) persona_query_user(query, user, PERSONA_NUL, NULL, NULL);
    assert_int_equal(persona_recommender_run(query, k, NULL, NULL, NULL, &count, NULL),
                     0);
    const char *joined = persona_query_ids(query, &length);
    assert_true(length < (int64_t)sizeof ids);
    memcpy(ids, joined, (size_t)length + 1);
    for (char *at = ids; *at; at++)
        if (*at == '\n') *at = ' ';
    persona_query_free(query);
    persona_params_free(params);
    return ids;
}

/* 1 if the answer lists the item. */
static inline int events_lists(const char *answer, const char *id)
{
    const size_t length = strlen(id);
    for (const char *at = answer; (at = strstr(at, id)) != NULL; at += length)
        if ((at == answer || at[-1] == ' ') && (at[length] == 0 || at[length] == ' '))
            return 1;
    return 0;
}

#endif
