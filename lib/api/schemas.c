/* The list of all schemas. A new capability adds its lines here. */
#include "api/schemas.h"

#include <string.h>
#include "base/error.h"
#include "data/csv.h"
#include "shop/fraud/fraud.h"
#include "shop/model.h"
#include "shop/recommend/recommend.h"
#include "shop/segment/segment.h"

static const psn_schema *const schemas[] = {
    &psn_csv_schema,
    &psn_model_load_schema,
    &psn_segment_fit_schema,
    &psn_segment_query_schema,
    &psn_fraud_fit_schema,
    &psn_fraud_query_schema,
    &psn_fraud_evaluate_schema,
    &psn_fraud_import_schema,
    &psn_recommend_fit_schema,
    &psn_recommend_query_schema,
    &psn_recommend_evaluate_schema,
};

enum { SCHEMAS = sizeof schemas / sizeof schemas[0] };

int psn_schema_find(const psn_schema **out, const char *name, persona_error *error)
{
    char names[320];
    size_t length = 0;
    *out = NULL;
    for (size_t i = 0; i < SCHEMAS; i++) {
        if (strcmp(schemas[i]->name, name) == 0) *out = schemas[i];
        length += psn_format(names + length, sizeof names - length, "%s%s",
                             i == 0 ? "" : ", ", schemas[i]->name);
    }
    if (*out != NULL) return PERSONA_OK;
    return psn_fail(error, PERSONA_EARG, "schema: unknown; need one of %s", names);
}
