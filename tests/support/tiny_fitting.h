/* tiny_fitting.h: the reading half of a recommender's fit over a few lines of CSV:
 * events, catalogue, rows and what kinds mean, before anything is learnt. */
#ifndef TESTS_SUPPORT_TINY_FITTING_H
#define TESTS_SUPPORT_TINY_FITTING_H

#include "base/memory.h"
#include "shop/recommend/recommend_fit.h"
#include "support/tiny_events.h"

typedef struct fitting {
    psn_rec_fitting fit;
    persona_table *table;
    persona_params *params;
} fitting;

/* Takes the table over; the code of what fails first. */
static inline int fitting_read(fitting *of, persona_table *table, const char *options)
{
    int rc;
    void *model = NULL;
    persona_error *error = &events_error;
    memset(of, 0, sizeof *of);
    memset(error, 0, sizeof *error);
    of->table = table;
    of->params = events_options("recommender.fit", options);
    psn_model_new(&model, sizeof(persona_recommender), &psn_recommend_kind, NULL);
    of->fit = (psn_rec_fitting){
        .table = table, .params = of->params, .model = model, .seed = 1, .only = -1};
    if ((rc = psn_rec_fit_roles(&of->fit, error)) ||
        (rc = psn_rec_fit_events(&of->fit, error)) ||
        (rc = psn_rec_fit_catalog(&of->fit, error)) ||
        (rc = psn_rec_fit_rows(&of->fit, error)))
        return rc;
    return psn_rec_fit_meaning(&of->fit, error);
}

static inline void fitting_must(fitting *of, const char *csv, const char *options)
{
    if (fitting_read(of, events_csv(csv), options)) fail_msg("%s", events_error.message);
}

static inline void fitting_close(fitting *of)
{
    psn_rec_fitting *fit = &of->fit;
    psn_rec_fit_close(fit);
    psn_model_free(&fit->model->base);
    persona_params_free(of->params);
    persona_table_free(of->table);
}

static inline const char *fitting_id(const psn_dict *dict, int64_t number)
{
    static char text[4][64];
    static int turn;
    size_t length;
    const char *bytes = psn_dict_text(dict, number, &length);
    char *out = text[turn = (turn + 1) % 4];
    memcpy(out, bytes, length);
    out[length] = 0;
    return out;
}

/* Items of some events, one letter each: ids are letters. */
static inline const char *fitting_letters(const fitting *of, const int32_t *item,
                                          int64_t count)
{
    static char letters[64];
    for (int64_t i = 0; i < count; i++)
        letters[i] = fitting_id(of->fit.model->items, item[i])[0];
    letters[count] = 0;
    return letters;
}

/* Items of the row of a user. */
static inline const char *fitting_row(const fitting *of, const char *user)
{
    const psn_rec_rows *rows = &of->fit.rows;
    const int64_t u = psn_dict_find(of->fit.model->users, user, strlen(user));
    return fitting_letters(of, rows->item + rows->start[u],
                           rows->start[u + 1] - rows->start[u]);
}

#endif
