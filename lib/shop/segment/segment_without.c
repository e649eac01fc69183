/* segment_without.c: a segmenter that forgets a customer. Only the part "examples" knows
 * ids; centres, counts and quantiles are aggregates and stay. */
#include "base/error.h"
#include "base/memory.h"
#include "shop/chunks.h"
#include "shop/segment/segment_model.h"

#include <string.h>

/* Rows of the table of examples that are not of this customer. */
static int without_rows(int64_t **out, int64_t *count, const persona_table *examples,
                        const char *user, size_t length, persona_error *error)
{
    int rc;
    const psn_column *id;
    *count = 0;
    PSN_TRY(psn_chunks_column(&id, examples, "id", PERSONA_TYPE_TEXT, error));
    PSN_NEED(*out = psn_alloc((size_t)examples->rows, sizeof **out));
    for (int64_t i = 0; i < examples->rows; i++) {
        const char *text;
        int64_t size;
        psn_column_text(id, i, &text, &size);
        if (text == NULL || (size_t)size != length || memcmp(text, user, length) != 0)
            (*out)[(*count)++] = i;
    }
    if (*count == examples->rows)
        rc = psn_fail(error, PERSONA_EDATA, "user: the model stores no such user");
done:
    return rc;
}

/* A deep copy, through the file: models are immutable and share nothing. */
static int without_copy(persona_model **out, const persona_model *model,
                        persona_error *error)
{
    psn_text bytes = {0};
    int rc = psn_model_encode(&bytes, model, error);
    if (rc == PERSONA_OK)
        rc = psn_model_decode(out, bytes.bytes, bytes.length, NULL, error);
    psn_text_free(&bytes);
    return rc;
}

int psn_segment_without_user(persona_model **out, const persona_model *base,
                             const char *user, size_t length, persona_task *task,
                             persona_error *error)
{
    int rc;
    const persona_table *examples =
        ((const persona_segmenter *)base)->part[PSN_PART_EXAMPLES];
    int64_t *rows = NULL, count;
    persona_model *copy = NULL;
    (void)task;
    *out = NULL;
    if (examples == NULL)
        return psn_fail(error, PERSONA_EDATA, "the model stores no user");
    PSN_TRY(without_rows(&rows, &count, examples, user, length, error));
    PSN_TRY(without_copy(&copy, base, error));
    persona_segmenter *made = (persona_segmenter *)copy;
    psn_table_free(made->part[PSN_PART_EXAMPLES]);
    made->part[PSN_PART_EXAMPLES] = NULL;
    PSN_TRY(
        psn_table_select(&made->part[PSN_PART_EXAMPLES], examples, rows, count, error));
    PSN_TRY(psn_model_seal(copy, error));
    *out = copy;
    copy = NULL;
done:
    psn_model_free(copy);
    psn_release(rows);
    return rc;
}
