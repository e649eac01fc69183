/* Any bytes as a model of LightGBM (first byte even) or XGBoost (odd): refused in one
 * line, or a model that predicts, explains, and comes back from its own bytes the same.
 */
#include <math.h>
#include "base/memory.h"
#include "fuzz.h"
#include "learn/gbdt_import.h"
#include "learn/gbdt_shap.h"

enum { MOST_ROOM = 1 << 24 };

static void explain(const psn_gbdt *model, const double *row, double *out)
{
    psn_gbdt_shap *shap = NULL;
    PROMISE(psn_gbdt_shap_new(&shap, model, NULL) == PERSONA_OK);
    const size_t room = psn_gbdt_shap_scratch(shap);
    if (room < MOST_ROOM) {
        void *scratch = psn_alloc_aligned(room + 1, 1);
        PROMISE(scratch != NULL);
        psn_gbdt_shap_exact(shap, row, scratch, out);
        psn_gbdt_shap_path(shap, row, scratch, out);
        psn_release_aligned(scratch);
    }
    psn_gbdt_shap_free(shap);
}

static void come_back(const psn_gbdt *model, const double *row, const double *score,
                      double *again)
{
    psn_gbdt *back = NULL;
    psn_text packed = {0};
    PROMISE(psn_gbdt_pack(&packed, model, NULL) == PERSONA_OK);
    PROMISE(psn_gbdt_unpack(&back, packed.bytes, packed.length, NULL) == PERSONA_OK);
    psn_gbdt_walk(back, row, again);
    PROMISE(memcmp(score, again, (size_t)model->outputs * sizeof *score) == 0);
    psn_gbdt_free(back);
    psn_text_free(&packed);
}

static void use(const psn_gbdt *model)
{
    const size_t width = (size_t)model->features, outputs = (size_t)model->outputs;
    if ((width + 1) * outputs > MOST_ROOM) return;
    double *row = malloc((width + 1) * sizeof *row);
    double *out = malloc((width + 1) * outputs * sizeof *out);
    double *score = malloc(2 * outputs * sizeof *score);
    PROMISE(row != NULL && out != NULL && score != NULL);
    for (int kind = 0; kind < 3; kind++) {
        for (size_t j = 0; j < width; j++)
            row[j] = kind == 0 ? NAN : kind == 1 ? (double)j : 1e300;
        psn_gbdt_walk(model, row, score);
        explain(model, row, out);
    }
    come_back(model, row, score, score + outputs);
    free(row);
    free(out);
    free(score);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    persona_error error = {0};
    psn_gbdt *model = NULL;
    psn_gbdt_names names = {0};
    if (size == 0) return 0;
    char *bytes = malloc(size); /* of exactly the size, so that reading beyond it shows */
    PROMISE(bytes != NULL);
    memcpy(bytes, data + 1, size - 1);
    char *exact = realloc(bytes, size > 1 ? size - 1 : 1);
    PROMISE(exact != NULL);
    const int rc = data[0] % 2 == 0
                       ? psn_gbdt_import_lightgbm(&model, &names, exact, size - 1, &error)
                       : psn_gbdt_import_xgboost(&model, &names, exact, size - 1, &error);
    if (rc == PERSONA_OK)
        use(model);
    else
        promise_error(rc, &error);
    PROMISE((rc == PERSONA_OK) == (model != NULL));
    psn_gbdt_names_free(&names);
    psn_gbdt_free(model);
    free(exact);
    return 0;
}
