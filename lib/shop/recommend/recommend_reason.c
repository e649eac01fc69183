/* recommend_reason.c: why an item is there.
 *
 * The score of a candidate is a sum over members, share x scale x part; the member with
 * the most of it gives the reason. Within a member that adds rows of weights, event h of
 * the history has fade(h) weight(h) weights[h, item] of the part; with factors, what the
 * solution of the fold-in owes to it; neighbour sessions answer to the newest item. What
 * takes away (below 0) is no reason: shares are of what speaks for the item, and add up
 * to 1. When trees ordered the candidates, the reason is still what proposed it. */
#include "base/error.h"
#include "base/memory.h"
#include "data/table.h"
#include "math/order.h"
#include "shop/recommend/recommend_query.h"

#include <math.h>
#include <string.h>

enum { REASON_ROWS = 10 };

/* What a member says, by question: to those who like X others are similar, not next. */
static uint8_t reason_of_member(const psn_rec_query *query, int m)
{
    switch (m) {
    case PSN_REC_POPULAR:
        return PSN_REC_WHY_POPULAR;
    case PSN_REC_TRENDING:
        return PSN_REC_WHY_TRENDING;
    case PSN_REC_OWN:
        return PSN_REC_WHY_AGAIN;
    case PSN_REC_CONTENT:
        return PSN_REC_WHY_SIMILAR;
    case PSN_REC_TOGETHER:
        return PSN_REC_WHY_TOGETHER;
    case PSN_REC_SEQUENCE:
    case PSN_REC_RIDGE:
    case PSN_REC_SESSION_KNN:
        return PSN_REC_WHY_NEXT;
    default:
        return query->asked.question == PSN_REC_ASK_SIMILAR ? PSN_REC_WHY_SIMILAR
                                                            : PSN_REC_WHY_TASTE;
    }
}

static float reason_amount(const psn_rec_query *query, int64_t c, int m)
{
    const psn_rec_candidates *all = &query->scratch->found_all;
    return query->asked.weight[m] * all->scale[m] * all->part[c * PSN_REC_MEMBERS + m];
}

/* The member with most of the score; -1: none speaks for it. */
static int reason_member(const psn_rec_query *query, int64_t c)
{
    int best = -1;
    float most = 0;
    for (int m = 0; m < PSN_REC_MEMBERS; m++) {
        const float amount = reason_amount(query, c, m);
        if (!(amount > most)) continue;
        best = m;
        most = amount;
    }
    return best;
}

uint8_t psn_rec_reason(const psn_rec_query *query, int64_t c)
{
    if (query->scratch->found_all.own[c] >= 0) return PSN_REC_WHY_AGAIN;
    const int m = reason_member(query, c);
    return m < 0 ? PSN_REC_WHY_POPULAR : reason_of_member(query, m);
}

/* The candidate of answer `place`, or -1: it came from a list. */
static int64_t reason_candidate(const psn_rec_query *query, int64_t place)
{
    if (query->reason[place] == PSN_REC_WHY_CATEGORY) return -1;
    return query->scratch->place_of[query->item[place]] - 1;
}

/* ---- what of the history */

static int64_t reason_rows_shares(psn_rec_query *query, const psn_rec_member *member,
                                  int32_t item)
{
    const psn_rec_scratch *scratch = query->scratch;
    for (int64_t i = 0; i < scratch->owned; i++) {
        const psn_rec_own *own = scratch->own + i;
        const float factor = psn_rec_says(member, own);
        query->shares[i] =
            factor > 0 ? factor * psn_rec_weight_at(member, own->item, item) : 0;
    }
    return scratch->owned;
}

static int64_t reason_factor_shares(psn_rec_query *query, const psn_rec_member *member,
                                    int32_t item)
{
    psn_rec_scratch *scratch = query->scratch;
    int64_t count = psn_rec_factor_case(member, scratch);
    psn_als_explain(member->als, scratch->als_item, scratch->als_weight, count, item,
                    query->shares, scratch->als);
    for (int64_t i = scratch->owned - 1; i >= 0; i--)
        query->shares[i] = scratch->own[i].weight > 0 ? query->shares[--count] : 0;
    return scratch->owned;
}

/* Into query->shares: how much of the member's part each own item has, those below 0
 * left out. Returns how many; 0: the history has no part in it. */
static int64_t reason_shares(psn_rec_query *query, int m, int32_t item)
{
    const psn_rec_member *member = &psn_rec_model_of(query)->engine.member[m];
    int64_t count = 0;
    if (member->weights) {
        count = reason_rows_shares(query, member, item);
    } else if (member->als) {
        count = reason_factor_shares(query, member, item);
    } else if (member->sessions && query->scratch->owned > 0) {
        query->shares[0] = 1;
        count = 1;
    }
    for (int64_t i = 0; i < count; i++)
        if (!(query->shares[i] > 0)) query->shares[i] = 0;
    return count;
}

/* ---- the one that counts most, for a whole answer */

static void reason_mark_row(psn_rec_query *query, const psn_sparse *weights, int32_t item,
                            float factor)
{
    int64_t first, end;
    psn_rec_row(weights, item, &first, &end);
    for (int64_t e = first; e < end; e++) {
        const int32_t place = query->place_at[weights->column[e]] - 1;
        if (place < 0) continue;
        const float share = factor * weights->value[e];
        if (!(share > query->most[place])) continue;
        query->most[place] = share;
        query->because[place] = item;
    }
}

/* Rows of the own items once, instead of one search for each answer. */
static void reason_mark_rows(psn_rec_query *query, const psn_rec_member *member)
{
    const psn_rec_scratch *scratch = query->scratch;
    for (int64_t i = 0; i < scratch->owned; i++) {
        const psn_rec_own *own = scratch->own + i;
        const float factor = psn_rec_says(member, own);
        if (!(factor > 0)) continue;
        reason_mark_row(query, member->weights, own->item, factor);
        reason_mark_row(query, member->added, own->item, factor);
    }
}

/* The solution of the fold-in costs as much as a question for each answer. Near enough is
 * the likeness of factors, each over its own spread. */
static int32_t reason_near_factors(psn_rec_query *query, const psn_rec_member *member,
                                   int32_t item)
{
    const psn_rec_scratch *scratch = query->scratch;
    const psn_als *als = member->als;
    float most = 0, *scaled = query->factors;
    int32_t because = -1;
    for (int32_t a = 0; a < als->factors; a++)
        scaled[a] = als->item[(int64_t)item * als->factors + a] * query->over_spread[a];
    for (int64_t i = 0; i < scratch->owned; i++) {
        const psn_rec_own *own = scratch->own + i;
        const float weight = psn_rec_weighs(member, own);
        if (!(weight > 0)) continue;
        const float share = weight * psn_als_score(als, scaled, own->item);
        if (!(share > most)) continue;
        most = share;
        because = own->item;
    }
    return because;
}

/* 1 if what the answer is there for can be an item of the history. */
static int reason_has_because(const psn_rec_query *query, int64_t place)
{
    const uint8_t reason = query->reason[place];
    return reason <= PSN_REC_WHY_SIMILAR && reason != PSN_REC_WHY_AGAIN &&
           reason_candidate(query, place) >= 0;
}

void psn_rec_becauses(psn_rec_query *query)
{
    const psn_rec_engine *engine = &psn_rec_model_of(query)->engine;
    uint32_t rows = 0;
    for (int64_t p = 0; p < query->count; p++) {
        query->because[p] = -1;
        query->most[p] = 0;
        query->of[p] = -1;
        if (!reason_has_because(query, p)) continue;
        const int m = reason_member(query, reason_candidate(query, p));
        query->of[p] = (int8_t)m;
        if (m < 0) continue;
        if (engine->member[m].weights) rows |= 1u << m;
        if (engine->member[m].als)
            query->because[p] =
                reason_near_factors(query, engine->member + m, query->item[p]);
        if (engine->member[m].sessions && query->scratch->owned > 0)
            query->because[p] = query->scratch->own[0].item;
    }
    for (int m = 0; m < PSN_REC_MEMBERS; m++) {
        if (!(rows >> m & 1)) continue;
        for (int64_t p = 0; p < query->count; p++)
            if (query->of[p] == m) query->place_at[query->item[p]] = (int32_t)p + 1;
        reason_mark_rows(query, engine->member + m);
        for (int64_t p = 0; p < query->count; p++) query->place_at[query->item[p]] = 0;
    }
}

/* ---- words */

static int reason_bought(const psn_rec_query *query, int64_t own)
{
    const psn_rec_engine *engine = &psn_rec_model_of(query)->engine;
    if (own < 0) return 0;
    for (int32_t k = 0; k < engine->kinds; k++)
        if (engine->kind[k].role == PSN_REC_ROLE_PURCHASE &&
            query->scratch->own[own].count[k] > 0)
            return 1;
    return 0;
}

static void reason_quote(psn_text *out, const psn_dict *names, int64_t number)
{
    size_t length;
    const char *text = psn_dict_text(names, number, &length);
    psn_text_append(out, "\"", 1);
    psn_text_append(out, text, length);
    psn_text_append(out, "\"", 1);
}

/* ' in "its category"', where that is known. */
static void reason_in_category(psn_text *out, const psn_rec_facts *facts, int32_t item)
{
    if (facts->category == NULL || facts->category[item] < 0) return;
    psn_text_format(out, " in ");
    reason_quote(out, facts->category_name, facts->category[item]);
}

static void reason_category(psn_text *out, const psn_rec_query *query, int32_t item)
{
    psn_text_format(out, "popular");
    reason_in_category(out, &psn_rec_model_of(query)->engine.facts, item);
}

/* What people call it; else its id, and its category where that is known. */
static void reason_item(psn_text *out, const psn_rec_query *query, int32_t item)
{
    const psn_rec_facts *facts = &psn_rec_model_of(query)->engine.facts;
    if (facts->title && facts->title[item] >= 0) {
        reason_quote(out, facts->title_name, facts->title[item]);
        return;
    }
    reason_quote(out, psn_rec_model_of(query)->items, item);
    reason_in_category(out, facts, item);
}

/* own: slot of the item in the history, or -1. */
static void reason_words(psn_text *out, const psn_rec_query *query, uint8_t reason,
                         int32_t because, int32_t item, int64_t own)
{
    static const char *const because_of[] = {
        [PSN_REC_WHY_TASTE] = "because of",
        [PSN_REC_WHY_NEXT] = "often after",
        [PSN_REC_WHY_TOGETHER] = "bought together with",
        [PSN_REC_WHY_SIMILAR] = "similar to",
    };
    static const char *const alone[] = {
        [PSN_REC_WHY_TASTE] = "to your taste",
        [PSN_REC_WHY_NEXT] = "often next",
        [PSN_REC_WHY_TOGETHER] = "often bought together",
        [PSN_REC_WHY_SIMILAR] = "similar",
        [PSN_REC_WHY_TRENDING] = "trending",
        [PSN_REC_WHY_POPULAR] = "popular",
    };
    if (reason == PSN_REC_WHY_AGAIN) {
        psn_text_format(out, "%s",
                        reason_bought(query, own) ? "bought before" : "looked at before");
    } else if (reason == PSN_REC_WHY_CATEGORY) {
        reason_category(out, query, item);
    } else if (because < 0 || reason > PSN_REC_WHY_SIMILAR) {
        psn_text_format(out, "%s", alone[reason]);
    } else {
        psn_text_format(out, "%s ", because_of[reason]);
        reason_item(out, query, because);
    }
}

void psn_rec_reason_words(psn_text *out, const psn_rec_query *query, int64_t place)
{
    const int64_t c = reason_candidate(query, place);
    reason_words(out, query, query->reason[place], query->because[place],
                 query->item[place], c < 0 ? -1 : query->scratch->found_all.own[c]);
}

/* ---- explain */

typedef struct reason_row {
    uint8_t reason;
    int32_t because; /* -1 = none */
    double share;
} reason_row;

typedef struct reason_list {
    int64_t count;
    reason_row *row; /* room for each own item in each way, and members */
} reason_list;

static void reason_add(reason_list *list, uint8_t reason, int32_t because, double share)
{
    if (!(share > 0)) return;
    for (int64_t i = 0; i < list->count; i++)
        if (list->row[i].reason == reason && list->row[i].because == because) {
            list->row[i].share += share;
            return;
        }
    list->row[list->count++] = (reason_row){reason, because, share};
}

static void reason_add_member(reason_list *list, psn_rec_query *query, int64_t c, int m)
{
    const int32_t item = query->scratch->found_all.item[c];
    const double amount = reason_amount(query, c, m);
    if (!(amount > 0)) return;
    const int64_t count = reason_shares(query, m, item);
    double sum = 0;
    for (int64_t i = 0; i < count; i++) sum += query->shares[i];
    if (sum == 0) reason_add(list, reason_of_member(query, m), -1, amount);
    for (int64_t i = 0; i < count && sum > 0; i++) {
        const int32_t because = query->scratch->own[i].item;
        const double share = amount * (query->shares[i] / sum);
        if (because == item)
            reason_add(list, PSN_REC_WHY_AGAIN, -1, share);
        else
            reason_add(list, reason_of_member(query, m), because, share);
    }
}

/* Largest first; the least ones go, and the rest adds up to 1. */
static void reason_settle(reason_list *list, uint8_t otherwise)
{
    double sum = 0;
    for (int64_t i = 1; i < list->count; i++) {
        const reason_row row = list->row[i];
        int64_t j = i;
        for (; j > 0 && list->row[j - 1].share < row.share; j--)
            list->row[j] = list->row[j - 1];
        list->row[j] = row;
    }
    if (list->count > REASON_ROWS) list->count = REASON_ROWS;
    if (list->count == 0) reason_add(list, otherwise, -1, 1);
    for (int64_t i = 0; i < list->count; i++) sum += list->row[i].share;
    for (int64_t i = 0; i < list->count; i++) list->row[i].share /= sum;
}

static const char *const reason_names[PSN_REC_WHYS] = {
    "taste", "next", "again", "together", "similar", "category", "trending", "popular"};

/* Texts of the table, NUL-terminated: words and ids. */
static int reason_texts(char **words, char **ids, const reason_list *list,
                        const psn_rec_query *query, int32_t item, int64_t own,
                        persona_error *error)
{
    int rc = PERSONA_OK;
    for (int64_t i = 0; i < list->count; i++) {
        const reason_row *row = list->row + i;
        psn_text text = {0};
        reason_words(&text, query, row->reason, row->because, item, own);
        words[i] = text.bytes;
        PSN_NEED(text.failed ? NULL : text.bytes);
        if (row->because < 0) continue;
        size_t length;
        const char *id =
            psn_dict_text(psn_rec_model_of(query)->items, row->because, &length);
        PSN_NEED(ids[i] = psn_copy_text(id, length));
    }
done:
    return rc;
}

static int reason_table(persona_table **out, const reason_list *list,
                        const psn_rec_query *query, int32_t item, int64_t own,
                        persona_error *error)
{
    int rc;
    persona_table *table = NULL;
    char *words[REASON_ROWS] = {0}, *ids[REASON_ROWS] = {0};
    const char *reason[REASON_ROWS];
    double share[REASON_ROWS];
    for (int64_t i = 0; i < list->count; i++) {
        reason[i] = reason_names[list->row[i].reason];
        share[i] = list->row[i].share;
    }
    PSN_TRY(reason_texts(words, ids, list, query, item, own, error));
    PSN_TRY(psn_table_new(&table, error));
    PSN_TRY(psn_table_add_strings(table, "reason", reason, list->count, error));
    PSN_TRY(psn_table_add_strings(table, "because", (const char *const *)ids, list->count,
                                  error));
    PSN_TRY(psn_table_add(table, "share", PERSONA_TYPE_REAL, share, NULL, list->count,
                          error));
    PSN_TRY(psn_table_add_strings(table, "words", (const char *const *)words, list->count,
                                  error));
    *out = table;
    table = NULL;
done:
    for (int i = 0; i < REASON_ROWS; i++) {
        psn_release(words[i]);
        psn_release(ids[i]);
    }
    psn_table_free(table);
    return rc;
}

int psn_recommend_explain(persona_table **out, persona_query *base, int64_t place,
                          persona_error *error)
{
    int rc = PERSONA_OK;
    psn_rec_query *query = (psn_rec_query *)base;
    reason_list list = {0};
    *out = NULL;
    if (place < 0 || place >= query->count)
        PSN_FAIL(error, PERSONA_EARG, "place: need 0 .. %lld, a place of the last answer",
                 (long long)query->count - 1);
    const size_t own = (size_t)query->scratch->owned;
    PSN_NEED(list.row = psn_alloc(PSN_REC_WHYS * (own + 1), sizeof *list.row));
    const int64_t c = reason_candidate(query, place);
    for (int m = 0; m < PSN_REC_MEMBERS && c >= 0; m++)
        reason_add_member(&list, query, c, m);
    reason_settle(&list, query->reason[place]);
    PSN_TRY(reason_table(out, &list, query, query->item[place],
                         c < 0 ? -1 : query->scratch->found_all.own[c], error));
done:
    psn_release(list.row);
    return rc;
}
