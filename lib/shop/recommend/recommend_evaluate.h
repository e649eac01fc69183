/* recommend_evaluate.h: what the files of the evaluation share.
 *
 *   events -> split -> fit on one part -> lists for the cases of the other -> metrics */
#ifndef PSN_SHOP_RECOMMEND_EVALUATE_H
#define PSN_SHOP_RECOMMEND_EVALUATE_H

#include "measure/splits.h"
#include "shop/recommend/recommend_fit.h"

enum { PSN_REC_LENGTHS = 8 }; /* lengths of lists that are measured */

typedef struct psn_rec_evaluation {
    psn_rec_fitting whole; /* all events by row of the table; the model is scrap */
    const persona_params *asked;
    int32_t kind; /* of the split: PSN_SPLIT_LAST ... */

    /* Events as the split sees them: rows of users or sessions, oldest first. */
    psn_sparse *sequences;
    int64_t *row;  /* of each event: its row of the table */
    int64_t *user; /* of each row of sequences: its number in the dictionary */
    psn_split *split;
    persona_table *part; /* what is learnt from */
    persona_params *fit; /* how */

    /* In the numbers of the model that learnt from the part. */
    psn_sparse *profile;                      /* its users x items */
    psn_sparse *truth;                        /* cases x items */
    int64_t *of;                              /* of each case: its number in the split */
    int32_t lengths, length[PSN_REC_LENGTHS]; /* rising */
} psn_rec_evaluation;

#define EVALUATE_TEXT(work, name)                                                        \
    psn_params_text((work)->asked, &psn_recommend_evaluate_schema, name)
#define EVALUATE_INT(work, name)                                                         \
    psn_params_int((work)->asked, &psn_recommend_evaluate_schema, name, NULL)
#define EVALUATE_REAL(work, name, is_auto)                                               \
    psn_params_real((work)->asked, &psn_recommend_evaluate_schema, name, is_auto)

/* recommend_evaluate_split.c: from the table to `part` and the cases. */
int psn_rec_evaluate_split(psn_rec_evaluation *work, persona_error *error);
/* recommend_evaluate_lists.c: truth and profile in the numbers of the model; then its
 * lists, the longest length each, -1 = none. */
int psn_rec_evaluate_cases(psn_rec_evaluation *work, const persona_recommender *model,
                           persona_error *error);
int psn_rec_evaluate_lists(int32_t **out, const psn_rec_evaluation *work,
                           const persona_recommender *model, persona_task *task,
                           persona_error *error);
/* recommend_evaluate_metrics.c: columns metric, value, low, high. other: lists of the
 * model to compare with, named `against`; NULL: none. */
int psn_rec_evaluate_metrics(persona_table **out, const psn_rec_evaluation *work,
                             const int32_t *lists, const int32_t *other,
                             const char *against, persona_error *error);
/* PERSONA_EOPTION unless the option names metrics. */
int psn_rec_evaluate_check(const psn_rec_evaluation *work, persona_error *error);

#endif
