/* Any bytes as a model of LightGBM (first byte even) or XGBoost (odd): refused in one
 * line, or a model that predicts, explains, and comes back from its own bytes the same.
 */
#include <math.h>
#include "base/memory.h"
#include "fuzz.h"
#include "learn/gbdt.h"
#include "learn/gbdt_import.h"
#include "learn/gbdt_shap.h"
#include "mutate_text.h"

/* Larger models are right or wrong in the same places, and slow. */
enum { MOST_ROOM = 1 << 16, MOST_SCRATCH = 1 << 20 };

enum { ROWS = 3 };

/* Rows of nothing, of small numbers (codes of categories too), and of too large ones. */
static void fill_rows(double *rows, size_t width)
{
    for (size_t j = 0; j < width; j++) {
        rows[j] = NAN;
        rows[width + j] = (double)j;
        rows[2 * width + j] = j % 2 == 0 ? 1e300 : -1e300;
    }
}

/* Sums may overflow: which NaN that gives is no promise. */
static int same(const double *a, const double *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (memcmp(&a[i], &b[i], sizeof *a) != 0 && !(isnan(a[i]) && isnan(b[i])))
            return 0;
    return 1;
}

static void *scratch_of(size_t room)
{
    void *scratch = room < MOST_SCRATCH ? psn_alloc_aligned(room + 1, 1) : NULL;
    PROMISE(room >= MOST_SCRATCH || scratch != NULL);
    return scratch;
}

static void explain(const psn_gbdt *model, const double *rows)
{
    psn_gbdt_shap *shap = NULL;
    const size_t width = (size_t)model->features;
    double *out = malloc((width + 1) * (size_t)model->outputs * sizeof *out);
    PROMISE(psn_gbdt_shap_new(&shap, model, NULL) == PERSONA_OK);
    PROMISE(out != NULL);
    void *scratch = scratch_of(psn_gbdt_shap_scratch(shap));
    for (size_t i = 0; scratch != NULL && i < ROWS; i++) {
        psn_gbdt_shap_exact(shap, rows + i * width, scratch, out);
        psn_gbdt_shap_path(shap, rows + i * width, scratch, out);
    }
    psn_release_aligned(scratch);
    psn_gbdt_shap_free(shap);
    free(out);
}

/* The compiled model says what walking its nodes says, one row or many. */
static void compile(const psn_gbdt *model, const double *rows, const double *scores)
{
    psn_gbdt_fast *fast = NULL;
    const size_t width = (size_t)model->features, outputs = (size_t)model->outputs;
    double *out = malloc(ROWS * outputs * sizeof *out);
    PROMISE(psn_gbdt_fast_new(&fast, model, NULL) == PERSONA_OK);
    PROMISE(out != NULL);
    void *scratch = scratch_of(psn_gbdt_fast_scratch(fast));
    for (size_t i = 0; scratch != NULL && i < ROWS; i++) {
        psn_gbdt_fast_one(fast, rows + i * width, scratch, out);
        PROMISE(same(out, scores + i * outputs, outputs));
    }
    if (scratch != NULL) {
        psn_gbdt_fast_batch(fast, rows, ROWS, model->features, scratch, out);
        PROMISE(same(out, scores, ROWS * outputs));
    }
    psn_release_aligned(scratch);
    psn_gbdt_fast_free(fast);
    free(out);
}

static void come_back(const psn_gbdt *model, const double *row, const double *score)
{
    psn_gbdt *back = NULL;
    psn_text packed = {0};
    double *again = malloc((size_t)model->outputs * sizeof *again);
    PROMISE(again != NULL);
    PROMISE(psn_gbdt_pack(&packed, model, NULL) == PERSONA_OK);
    PROMISE(psn_gbdt_unpack(&back, packed.bytes, packed.length, NULL) == PERSONA_OK);
    psn_gbdt_walk(back, row, again);
    PROMISE(same(again, score, (size_t)model->outputs));
    psn_gbdt_free(back);
    psn_text_free(&packed);
    free(again);
}

static void use(const psn_gbdt *model)
{
    const size_t width = (size_t)model->features, outputs = (size_t)model->outputs;
    if ((width + 1) * outputs > MOST_ROOM) return;
    double *rows = malloc(ROWS * width * sizeof *rows);
    double *scores = malloc(ROWS * outputs * sizeof *scores);
    PROMISE(rows != NULL && scores != NULL);
    fill_rows(rows, width);
    for (size_t i = 0; i < ROWS; i++)
        psn_gbdt_walk(model, rows + i * width, scores + i * outputs);
    compile(model, rows, scores);
    explain(model, rows);
    come_back(model, rows, scores);
    free(rows);
    free(scores);
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
