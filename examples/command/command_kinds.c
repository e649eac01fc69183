/* command_kinds.c: the capabilities as the command sees them, over public functions only.
 */
#include <stdio.h>
#include <string.h>
#include "command_kinds.h"
#include "stream.h"

static int segmenter_fit(persona_model **out, const persona_table *table,
                         const persona_params *fit, persona_task *task,
                         persona_error *error)
{
    persona_segmenter *segmenter = NULL;
    int rc = persona_segmenter_fit(&segmenter, table, fit, task, error);
    *out = persona_segmenter_model(segmenter);
    return rc;
}

static int segmenter_answer(persona_table **out, const persona_model *model,
                            const persona_table *table, const persona_params *query,
                            persona_task *task, persona_error *error)
{
    return persona_segmenter_assign_table(out, persona_model_segmenter(model), table,
                                          query, task, error);
}

static int fraud_fit(persona_model **out, const persona_table *table,
                     const persona_params *fit, persona_task *task, persona_error *error)
{
    persona_fraud_scorer *scorer = NULL;
    int rc = persona_fraud_scorer_fit(&scorer, table, fit, task, error);
    *out = persona_fraud_scorer_model(scorer);
    return rc;
}

static int fraud_answer(persona_table **out, const persona_model *model,
                        const persona_table *table, const persona_params *query,
                        persona_task *task, persona_error *error)
{
    return persona_fraud_scorer_score_table(out, persona_model_fraud_scorer(model), table,
                                            query, task, error);
}

static int fraud_evaluate(persona_table **out, const persona_table *table,
                          const persona_params *fit, const persona_params *evaluate,
                          persona_task *task, persona_error *error)
{
    return persona_fraud_scorer_evaluate(out, NULL, table, fit, evaluate, task, error);
}

static int fraud_import(persona_model **out, const char *path,
                        const persona_params *options, persona_error *error)
{
    persona_fraud_scorer *scorer = NULL;
    int rc = persona_fraud_scorer_import(&scorer, path, options, NULL, error);
    *out = persona_fraud_scorer_model(scorer);
    return rc;
}

static int recommender_fit(persona_model **out, const persona_table *table,
                           const persona_params *fit, persona_task *task,
                           persona_error *error)
{
    persona_recommender *recommender = NULL;
    int rc = persona_recommender_fit(&recommender, table, fit, task, error);
    *out = persona_recommender_model(recommender);
    return rc;
}

static int recommender_answer(persona_table **out, const persona_model *model,
                              const persona_table *table, const persona_params *query,
                              persona_task *task, persona_error *error)
{
    return persona_recommender_recommend_table(out, persona_model_recommender(model),
                                               table, query, task, error);
}

const kind kinds[] = {
    {.name = "segmenter",
     .fit_options = "segmenter.fit",
     .query_options = "segmenter.query",
     .verb = "assign",
     .fit = segmenter_fit,
     .answer = segmenter_answer},
    {.name = "fraud_scorer",
     .fit_options = "fraud_scorer.fit",
     .query_options = "fraud_scorer.query",
     .verb = "score",
     .fit = fraud_fit,
     .answer = fraud_answer,
     .evaluate_options = "fraud_scorer.evaluate",
     .evaluate = fraud_evaluate,
     .import_options = "fraud_scorer.import",
     .import = fraud_import},
    {.name = "recommender",
     .fit_options = "recommender.fit",
     .query_options = "recommender.query",
     .verb = "recommend",
     .fit = recommender_fit,
     .answer = recommender_answer,
     .evaluate_options = "recommender.evaluate",
     .evaluate = persona_recommender_evaluate},
    {.name = NULL},
};

const kind *kind_find(const char *name)
{
    for (const kind *k = kinds; k->name != NULL; k++)
        if (strcmp(k->name, name) == 0) return k;
    return NULL;
}

int kind_fail(const char *name, persona_error *error)
{
    char list[160] = "";
    for (const kind *k = kinds; k->name != NULL; k++)
        snprintf(list + strlen(list), sizeof list - strlen(list), " %s", k->name);
    return fail(error, USAGE, "no kind '%.40s'; there is:%s", name, list);
}

static int kind_can(const kind *k, kind_ability ability)
{
    return ability == KIND_EVALUATES ? k->evaluate != NULL
           : ability == KIND_IMPORTS ? k->import != NULL
                                     : 1;
}

const char *kind_list(char *out, size_t capacity, kind_ability ability)
{
    size_t used = 0;
    out[0] = '\0';
    for (const kind *k = kinds; k->name != NULL && used < capacity; k++)
        if (kind_can(k, ability))
            used += (size_t)snprintf(out + used, capacity - used, "%s%s",
                                     used > 0 ? ", " : "", k->name);
    return out;
}
