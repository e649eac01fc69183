/* content_near.c: the neighbours of an item that the model does not know, by the walk of
 * content_fit.c: its attributes, rare ones first, at most `visits` carriers of them. */
#include "base/error.h"
#include "base/memory.h"
#include "learn/content_internal.h"

struct psn_content_scratch {
    int32_t neighbors, visits, most;
    double *key;     /* most: the attributes as given */
    float *given;    /* most: and their weights */
    int64_t *order;  /* most */
    int32_t *column; /* most: the vector, rare attributes first */
    float *value;    /* most */
    float *score;    /* of each item, all 0 between calls */
    int32_t *met;    /* visits: items with a score */
};

void psn_content_scratch_free(psn_content_scratch *scratch)
{
    if (scratch == NULL) return;
    psn_release(scratch->key);
    psn_release(scratch->given);
    psn_release(scratch->order);
    psn_release(scratch->column);
    psn_release(scratch->value);
    psn_release(scratch->score);
    psn_release(scratch->met);
    psn_release(scratch);
}

int psn_content_scratch_new(psn_content_scratch **out, const psn_content *content,
                            const psn_content_options *options, int32_t most,
                            persona_error *error)
{
    int rc = PERSONA_OK;
    psn_content_scratch *s = psn_alloc_zero(1, sizeof *s);
    *out = NULL;
    PSN_NEED(s);
    s->neighbors = options->neighbors;
    s->visits = options->visits;
    s->most = most;
    PSN_NEED(s->key = psn_alloc((size_t)most, sizeof *s->key));
    PSN_NEED(s->given = psn_alloc((size_t)most, sizeof *s->given));
    PSN_NEED(s->order = psn_alloc((size_t)most, sizeof *s->order));
    PSN_NEED(s->column = psn_alloc((size_t)most, sizeof *s->column));
    PSN_NEED(s->value = psn_alloc((size_t)most, sizeof *s->value));
    PSN_NEED(s->score = psn_alloc_zero((size_t)content->items->rows, sizeof *s->score));
    PSN_NEED(s->met = psn_alloc((size_t)options->visits, sizeof *s->met));
    *out = s;
    s = NULL;
done:
    psn_content_scratch_free(s);
    return rc;
}

/* The known attributes as given, with their weights; returns how many. */
static int32_t near_known(const psn_content *content, psn_content_scratch *s,
                          const int32_t *attributes, const float *values, int32_t count)
{
    int32_t known = 0;
    for (int32_t i = 0; i < count && known < s->most; i++) {
        if (attributes[i] < 0 || attributes[i] >= content->items->columns) continue;
        const int32_t number = content->number[attributes[i]];
        const float value = values != NULL ? values[i] : 1.0f;
        if (!(value > 0.0f && value <= 1e6f)) continue;
        s->key[known] = (double)number;
        s->given[known++] = value * content->idf[number];
    }
    return known;
}

/* The vector in s->column and s->value, rare attributes first; one that is given twice
 * counts as often. Returns its length. */
static int32_t near_vector(const psn_content *content, psn_content_scratch *s,
                           const int32_t *attributes, const float *values, int32_t count)
{
    const int32_t known = near_known(content, s, attributes, values, count);
    int32_t length = 0;
    psn_sort_order_in_place(s->order, s->key, known);
    for (int32_t i = 0; i < known; i++) {
        const int32_t number = (int32_t)s->key[s->order[i]];
        const float value = s->given[s->order[i]];
        if (length > 0 && s->column[length - 1] == number) {
            s->value[length - 1] += value;
            continue;
        }
        s->column[length] = number;
        s->value[length++] = value;
    }
    psn_content_normalize(s->value, length);
    return length;
}

/* Scores of the items met; returns how many carriers were looked at. *exact: all were. */
static int64_t near_meet(const psn_content *content, psn_content_scratch *s,
                         int32_t length, int *exact)
{
    const int64_t newest = content->items->rows; /* a new item's number would be next */
    int64_t count = 0;
    *exact = 1;
    for (int32_t i = 0; i < length; i++) {
        const psn_content_list list =
            psn_content_carriers(content, s->column[i], newest, s->visits - count);
        *exact &= list.count ==
                  psn_content_carriers(content, s->column[i], newest, INT64_MAX).count;
        for (int64_t j = 0; j < list.count; j++) {
            s->score[list.item[j]] += s->value[i] * list.value[j];
            s->met[count++] = list.item[j];
        }
    }
    return count;
}

/* Into a list kept in order: score down, item up. */
static int32_t near_insert(psn_scored *out, int32_t count, int32_t room, psn_scored new)
{
    int32_t at = count;
    while (at > 0 && (out[at - 1].score < new.score ||
                      (out[at - 1].score == new.score &&out[at - 1].index > new.index)))
        at--;
    if (at == room) return count;
    count += count < room;
    for (int32_t i = count - 1; i > at; i--) out[i] = out[i - 1];
    out[at] = new;
    return count;
}

int32_t psn_content_near(const psn_content *content, psn_content_scratch *scratch,
                         const int32_t *attributes, const float *values, int32_t count,
                         psn_scored *out)
{
    const psn_sparse *items = content->items;
    int exact;
    int32_t found = 0;
    const int32_t length = near_vector(content, scratch, attributes, values, count);
    const int64_t met = near_meet(content, scratch, length, &exact);
    for (int64_t i = 0; i < met; i++) {
        const int32_t item = scratch->met[i];
        const int64_t *start = items->start + item;
        float score = scratch->score[item];
        if (!(score > 0.0f)) continue; /* had before: an item is met once an attribute */
        scratch->score[item] = 0.0f;
        if (!exact)
            score = psn_content_product(scratch->column, scratch->value, length,
                                        items->column + start[0], items->value + start[0],
                                        start[1] - start[0]);
        found = near_insert(out, found, scratch->neighbors, (psn_scored){score, item});
    }
    return found;
}
