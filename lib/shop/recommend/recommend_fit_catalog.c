/* recommend_fit_catalog.c: what is known of items besides events: category, brand, price,
 * and attributes to tell which items are alike.
 *
 * From a table linked to the item column: its text columns. Values that many items share
 * are attributes as a whole ("a|b" is two); names and descriptions, which differ from
 * item to item, are cut into words that weigh less. Items of the catalogue that nobody
 * has touched yet are items of the model. From the events themselves: columns of category
 * and brand (the last value of an item) and the mean price paid. A text column of the
 * linked table that is called like a name says what people call an item: reasons do. */
#include "base/error.h"
#include "base/memory.h"
#include "data/name.h"
#include "shop/recommend/recommend_fit.h"

#include <math.h>
#include <string.h>

#define CATALOG_WORD 0.3f
enum { CATALOG_COLUMNS = 32, CATALOG_WORD_BYTES = 40 };

static const char *const catalog_category =
    "category categoryid categorycode maincategory "
    "subcategory department productcategory genre "
    "genres class group";
static const char *const catalog_brand = "brand brandid manufacturer maker vendor artist "
                                         "author publisher";

static const char *const catalog_title = "name title productname producttitle itemname "
                                         "itemtitle articlename displayname description "
                                         "productdescription label";

/* Pairs (item, attribute), until they are rows. */
typedef struct catalog_pairs {
    psn_dict *names; /* "column\x1ftext" */
    int64_t count, room;
    int32_t *item, *attribute;
    float *weight;
} catalog_pairs;

static int catalog_add(catalog_pairs *pairs, int32_t item, int64_t column,
                       const char *text, size_t length, float weight,
                       persona_error *error)
{
    int rc = PERSONA_OK;
    char name[2 + CATALOG_WORD_BYTES];
    void *more;
    if (length > CATALOG_WORD_BYTES) length = CATALOG_WORD_BYTES;
    name[0] = (char)('A' + column);
    memcpy(name + 1, text, length);
    if (pairs->count == pairs->room) {
        const size_t room = (size_t)pairs->room * 2 + 4096;
        PSN_NEED(more = psn_resize(pairs->item, room, sizeof *pairs->item));
        pairs->item = more;
        PSN_NEED(more = psn_resize(pairs->attribute, room, sizeof *pairs->attribute));
        pairs->attribute = more;
        PSN_NEED(more = psn_resize(pairs->weight, room, sizeof *pairs->weight));
        pairs->weight = more;
        pairs->room = (int64_t)room;
    }
    const int64_t number = psn_dict_add(pairs->names, name, length + 1);
    if (number < 0) return psn_fail_memory(error);
    pairs->item[pairs->count] = item;
    pairs->attribute[pairs->count] = (int32_t)number;
    pairs->weight[pairs->count++] = weight;
done:
    return rc;
}

static int catalog_letter(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c >= 0x80;
}

static int catalog_words(catalog_pairs *pairs, int32_t item, int64_t column,
                         const char *text, size_t length, persona_error *error)
{
    char word[CATALOG_WORD_BYTES];
    size_t used = 0;
    for (size_t i = 0; i <= length; i++) {
        const unsigned char c = i < length ? (unsigned char)text[i] : ' ';
        if (catalog_letter(c)) {
            if (used < sizeof word)
                word[used++] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
            continue;
        }
        if (used >= 2) {
            const int rc =
                catalog_add(pairs, item, column, word, used, CATALOG_WORD, error);
            if (rc != PERSONA_OK) return rc;
        }
        used = 0;
    }
    return PERSONA_OK;
}

static int catalog_wholes(catalog_pairs *pairs, int32_t item, int64_t column,
                          const char *text, size_t length, persona_error *error)
{
    size_t from = 0;
    for (size_t i = 0; i <= length; i++) {
        if (i < length && text[i] != '|' && text[i] != ';') continue;
        if (i > from) {
            const int rc =
                catalog_add(pairs, item, column, text + from, i - from, 1, error);
            if (rc != PERSONA_OK) return rc;
        }
        from = i + 1;
    }
    return PERSONA_OK;
}

static int catalog_column(catalog_pairs *pairs, const persona_table *other, int64_t c,
                          const int32_t *item_of_row, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_dict *levels = NULL;
    const psn_column *column = psn_table_column(other, c);
    int32_t *codes = psn_alloc((size_t)other->rows + 1, sizeof *codes);
    PSN_NEED(codes);
    PSN_TRY(psn_table_encode(other, c, codes, &levels, error));
    const int shared = psn_dict_count(levels) <= other->rows / 2 + 1;
    for (int64_t j = 0; j < other->rows; j++) {
        const char *text;
        int64_t length;
        psn_column_text(column, j, &text, &length);
        if (text == NULL || item_of_row[j] < 0) continue;
        PSN_TRY(
            shared
                ? catalog_wholes(pairs, item_of_row[j], c, text, (size_t)length, error)
                : catalog_words(pairs, item_of_row[j], c, text, (size_t)length, error));
    }
done:
    psn_dict_free(levels);
    psn_release(codes);
    return rc;
}

static int catalog_rows(psn_sparse **out, const catalog_pairs *pairs, int32_t items,
                        persona_error *error)
{
    int rc;
    psn_sparse *loose = NULL;
    PSN_TRY(psn_sparse_new(&loose, items, (int32_t)psn_dict_count(pairs->names),
                           pairs->count, 1, error));
    for (int64_t p = 0; p < pairs->count; p++) loose->start[pairs->item[p] + 1]++;
    for (int32_t i = 0; i < items; i++) loose->start[i + 1] += loose->start[i];
    for (int64_t p = pairs->count - 1; p >= 0; p--) {
        const int64_t at = --loose->start[pairs->item[p] + 1];
        loose->column[at] = pairs->attribute[p];
        loose->value[at] = pairs->weight[p];
    }
    /* Each start is now that of its own row, one entry to the right. */
    for (int32_t i = 0; i < items; i++) loose->start[i] = loose->start[i + 1];
    loose->start[items] = pairs->count;
    PSN_TRY(psn_sparse_collapse(out, loose, 1, error));
done:
    psn_sparse_free(loose);
    return rc;
}

/* ---- groups and prices */

/* The group of each item by a column: the last row that tells. */
static int catalog_group(int32_t **out, psn_dict **names, int32_t *groups,
                         const persona_table *table, int64_t c,
                         const int32_t *item_of_row, int32_t items, persona_error *error)
{
    int rc = PERSONA_OK;
    int32_t *codes = psn_alloc((size_t)table->rows + 1, sizeof *codes);
    PSN_NEED(codes);
    if (*out) goto done;
    PSN_TRY(psn_table_encode(table, c, codes, names, error));
    PSN_NEED(*out = psn_alloc((size_t)items + 1, sizeof **out));
    for (int32_t i = 0; i < items; i++) (*out)[i] = -1;
    for (int64_t j = 0; j < table->rows; j++)
        if (item_of_row[j] >= 0 && codes[j] >= 0) (*out)[item_of_row[j]] = codes[j];
    *groups = (int32_t)psn_dict_count(*names);
done:
    psn_release(codes);
    return rc;
}

static int64_t catalog_find(const persona_table *table, const char *words, int64_t but)
{
    const int64_t found = psn_name_find(table, words);
    if (found < 0 || found == but) return PERSONA_NONE;
    const int32_t type = psn_table_column(table, found)->type;
    return type == PERSONA_TYPE_TEXT || type == PERSONA_TYPE_INT ? found : PERSONA_NONE;
}

static int catalog_groups(psn_rec_fitting *fit, const persona_table *table,
                          const int32_t *item_of_row, int64_t but, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_rec_facts *facts = &fit->model->engine.facts;
    const int64_t category = catalog_find(table, catalog_category, but);
    const int64_t brand = catalog_find(table, catalog_brand, but);
    if (category >= 0)
        PSN_TRY(catalog_group(&facts->category, &facts->category_name, &facts->categories,
                              table, category, item_of_row, fit->items, error));
    if (brand >= 0)
        PSN_TRY(catalog_group(&facts->brand, &facts->brand_name, &facts->brands, table,
                              brand, item_of_row, fit->items, error));
done:
    return rc;
}

static int catalog_titles(psn_rec_fitting *fit, const persona_table *other,
                          const int32_t *item_of_row, int64_t but, persona_error *error)
{
    psn_rec_facts *facts = &fit->model->engine.facts;
    const int64_t title = catalog_find(other, catalog_title, but);
    if (title < 0 || psn_table_column(other, title)->type != PERSONA_TYPE_TEXT)
        return PERSONA_OK;
    return catalog_group(&facts->title, &facts->title_name, &facts->titles, other, title,
                         item_of_row, fit->items, error);
}

static int catalog_prices(psn_rec_fitting *fit, const persona_table *table, int64_t c,
                          const int32_t *item_of_row, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_rec_facts *facts = &fit->model->engine.facts;
    const psn_column *column = psn_table_column(table, c);
    if (facts->price || column->type == PERSONA_TYPE_TEXT) return PERSONA_OK;
    double *sum = psn_alloc_zero((size_t)fit->items + 1, 2 * sizeof *sum);
    PSN_NEED(sum);
    PSN_NEED(facts->price = psn_alloc((size_t)fit->items + 1, sizeof *facts->price));
    double *count = sum + fit->items;
    for (int64_t j = 0; j < table->rows; j++) {
        const double price = psn_column_number(column, j);
        if (item_of_row[j] < 0 || !(price > 0) || price > 1e15) continue;
        sum[item_of_row[j]] += price;
        count[item_of_row[j]]++;
    }
    for (int32_t i = 0; i < fit->items; i++)
        facts->price[i] = count[i] > 0 ? (float)(sum[i] / count[i]) : NAN;
done:
    psn_release(sum);
    return rc;
}

/* ---- the linked table */

static int catalog_items(int32_t *item_of_row, psn_rec_fitting *fit, const psn_link *link,
                         persona_error *error)
{
    int rc = PERSONA_OK;
    psn_dict *keys = NULL;
    int32_t *codes = psn_alloc((size_t)link->other->rows + 1, sizeof *codes);
    PSN_NEED(codes);
    PSN_TRY(psn_table_encode(link->other, link->key, codes, &keys, error));
    for (int64_t j = 0; j < link->other->rows; j++) {
        size_t length;
        item_of_row[j] = -1;
        if (codes[j] < 0) continue;
        const char *bytes = psn_dict_text(keys, codes[j], &length);
        const int64_t item = psn_dict_add(fit->model->items, bytes, length);
        if (item < 0) PSN_NEED(NULL);
        item_of_row[j] = (int32_t)item;
    }
    fit->items = (int32_t)psn_dict_count(fit->model->items);
done:
    psn_dict_free(keys);
    psn_release(codes);
    return rc;
}

static int catalog_linked(psn_rec_fitting *fit, const psn_link *link,
                          persona_error *error)
{
    int rc = PERSONA_OK;
    const persona_table *other = link->other;
    catalog_pairs pairs = {.names = psn_dict_new()};
    int32_t *item_of_row = psn_alloc((size_t)other->rows + 1, sizeof *item_of_row);
    PSN_NEED(pairs.names);
    PSN_NEED(item_of_row);
    PSN_TRY(catalog_items(item_of_row, fit, link, error));
    for (int64_t c = 0; c < other->count && c < CATALOG_COLUMNS; c++)
        if (c != link->key && psn_table_column(other, c)->type == PERSONA_TYPE_TEXT)
            PSN_TRY(catalog_column(&pairs, other, c, item_of_row, error));
    PSN_TRY(catalog_groups(fit, other, item_of_row, link->key, error));
    PSN_TRY(catalog_titles(fit, other, item_of_row, link->key, error));
    const int64_t price = psn_name_find(other, "price unitprice listprice saleprice");
    if (price >= 0) PSN_TRY(catalog_prices(fit, other, price, item_of_row, error));
    if (pairs.count > 0)
        PSN_TRY(catalog_rows(&fit->attributes, &pairs, fit->items, error));
done:
    psn_dict_free(pairs.names);
    psn_release(pairs.item);
    psn_release(pairs.attribute);
    psn_release(pairs.weight);
    psn_release(item_of_row);
    return rc;
}

int psn_rec_fit_catalog(psn_rec_fitting *fit, persona_error *error)
{
    int rc = PERSONA_OK;
    for (int64_t l = 0; l < fit->table->links && fit->attributes == NULL; l++)
        if (fit->table->link[l].column == fit->column[PSN_REC_ITEM])
            PSN_TRY(catalog_linked(fit, fit->table->link + l, error));
    PSN_TRY(catalog_groups(fit, fit->table, fit->item, fit->column[PSN_REC_ITEM], error));
    if (fit->column[PSN_REC_PRICE] >= 0)
        PSN_TRY(catalog_prices(fit, fit->table, fit->column[PSN_REC_PRICE], fit->item,
                               error));
done:
    return rc;
}
