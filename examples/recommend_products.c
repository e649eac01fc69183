/* recommend_products.c: what will this customer want next, what does he buy again, what
 * goes with this product, and what next in a visit of somebody whom nobody knows?
 *
 *     recommend_products [ORDERS.csv.gz [PRODUCTS.csv.gz [MODEL.persona]]] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "persona.h"

#define FOLDER "examples/data/complete_journey/"
#define TRY(call)                                                                        \
    if ((rc = (call)) != PERSONA_OK) goto done

enum { SHOWN = 4 };

/* The model, and the names of its items: its numbers are places in `row`, which says
 * where in the table of products each one is. */
struct shop {
    persona_recommender *model;
    persona_table *products;
    int64_t *row;
};

static const char *name_of(const struct shop *shop, int64_t item, int *length)
{
    const char *text = NULL;
    int64_t bytes = 0;
    if (shop->row[item] >= 0)
        persona_table_text(shop->products, persona_table_find(shop->products, "name"),
                           shop->row[item], &text, &bytes);
    *length = (int)bytes;
    return text ? text : "";
}

/* Item number of a product id, PERSONA_NONE if the model does not know it. */
static int64_t item_of(const struct shop *shop, long long product_id)
{
    char id[24];
    const int length = snprintf(id, sizeof id, "%lld", product_id);
    return persona_recommender_item(shop->model, id, length);
}

static int read_names(struct shop *shop)
{
    const int64_t items = persona_recommender_items(shop->model);
    const int64_t *ids = persona_table_ints(
        shop->products, persona_table_find(shop->products, "product_id"));
    shop->row = malloc((size_t)items * sizeof *shop->row);
    if (shop->row == NULL || ids == NULL) return PERSONA_ENOMEM;
    for (int64_t i = 0; i < items; i++) shop->row[i] = PERSONA_NONE;
    for (int64_t r = 0; r < persona_table_rows(shop->products); r++) {
        const int64_t item = item_of(shop, (long long)ids[r]);
        if (item != PERSONA_NONE) shop->row[item] = r;
    }
    return PERSONA_OK;
}

/* The nightly job: orders linked with products, so that categories and brands are known.
 */
static int fit(struct shop *shop, const char *orders_path, const char *path,
               persona_error *error)
{
    persona_table *orders = NULL;
    persona_params *options = NULL;
    int rc;
    TRY(persona_table_read_csv(&orders, orders_path, NULL, NULL, error));
    TRY(persona_table_link(orders, "product_id", shop->products, "product_id", error));
    TRY(persona_params_new(&options, "recommender.fit", error));
    TRY(persona_params_parse(options, "threads=2", error));
    TRY(persona_recommender_fit(&shop->model, orders, options, NULL, error));
    TRY(persona_model_save(persona_recommender_model(shop->model), path, NULL, error));
    printf("%lld lines of orders, %lld products; the model is %s\n",
           (long long)persona_table_rows(orders),
           (long long)persona_recommender_items(shop->model), path);
done:
    persona_params_free(options);
    persona_table_free(orders);
    return rc;
}

/* Reasons of an item, the largest first, with the name of the product behind each. */
static int print_reasons(const struct shop *shop, persona_query *query, int64_t place,
                         persona_error *error)
{
    enum { REASONS = 2 };
    persona_table *why = NULL;
    const char *text;
    int64_t bytes, because;
    int rc, length;
    TRY(persona_recommender_explain(&why, query, place, error));
    for (int64_t r = 0; r < persona_table_rows(why) && r < REASONS; r++) {
        persona_table_text(why, persona_table_find(why, "reason"), r, &text, &bytes);
        printf("%s%.*s %.0f %%", r > 0 ? ", " : "", (int)bytes, text,
               100 * persona_table_reals(why, persona_table_find(why, "share"))[r]);
        persona_table_text(why, persona_table_find(why, "because"), r, &text, &bytes);
        if (text == NULL) continue;
        because = persona_recommender_item(shop->model, text, bytes);
        text = because == PERSONA_NONE ? "" : name_of(shop, because, &length);
        if (*text != 0) printf(" by %.*s", length < 24 ? length : 24, text);
    }
done:
    persona_table_free(why);
    return rc;
}

/* Runs the question as it is bound. reasons: with why each item is there. */
static int print_answer(const struct shop *shop, persona_query *query, const char *title,
                        int reasons, persona_error *error)
{
    int64_t items[SHOWN], count = 0;
    int rc, length;
    TRY(persona_recommender_run(query, SHOWN, items, NULL, NULL, &count, error));
    printf("  %s\n", title);
    for (int64_t i = 0; i < count; i++) {
        const char *name = name_of(shop, items[i], &length);
        printf(reasons ? "    %-42.*s " : "    %.*s", length < 42 ? length : 42, name);
        if (reasons) TRY(print_reasons(shop, query, i, error));
        printf("\n");
    }
done:
    return rc;
}

static int prepare(persona_query **query, const struct shop *shop, const char *options,
                   persona_error *error)
{
    persona_params *params = NULL;
    int rc;
    TRY(persona_params_new(&params, "recommender.query", error));
    TRY(persona_params_parse(params, options, error));
    TRY(persona_recommender_prepare(query, shop->model, params, error));
done:
    persona_params_free(params);
    return rc;
}

static int show_customers(const struct shop *shop, persona_error *error)
{
    static const char *const customers[] = {"900", "1058", "212"};
    persona_query *wants = NULL, *again = NULL;
    int rc;
    TRY(prepare(&wants, shop, "max_per_category=1", error));
    TRY(prepare(&again, shop, "question=buy_again", error));
    for (int c = 0; c < 3; c++) {
        printf("\nCustomer %s\n", customers[c]);
        TRY(persona_query_user(wants, customers[c], PERSONA_NUL, NULL, error));
        TRY(print_answer(shop, wants, "may want, and has not bought yet:", 1, error));
        TRY(persona_query_user(again, customers[c], PERSONA_NUL, NULL, error));
        TRY(print_answer(shop, again, "may buy again:", 0, error));
    }
done:
    persona_query_free(again);
    persona_query_free(wants);
    return rc;
}

static int show_together(const struct shop *shop, long long product_id,
                         persona_error *error)
{
    persona_query *query = NULL;
    const int64_t item = item_of(shop, product_id);
    int rc = PERSONA_OK, length;
    if (item == PERSONA_NONE) return rc;
    const char *name = name_of(shop, item, &length);
    printf("\nIn the cart: %.*s\n", length, name);
    TRY(prepare(&query, shop, "question=together", error));
    TRY(persona_query_items(query, PERSONA_CART, &item, 1, error));
    TRY(print_answer(shop, query, "customers also bought:", 0, error));
done:
    persona_query_free(query);
    return rc;
}

/* A visitor without a name: the answer changes with each product he puts in his basket.
 */
static int show_session(const struct shop *shop, persona_error *error)
{
    static const long long clicks[] = {15, 18, 38};
    int64_t seen[3];
    persona_query *query = NULL;
    int rc, length;
    TRY(prepare(&query, shop, "max_per_category=1", error));
    printf("\nA visitor whom nobody knows\n");
    TRY(print_answer(shop, query, "at the door:", 0, error));
    for (int i = 0; i < 3; i++) {
        if ((seen[i] = item_of(shop, clicks[i])) == PERSONA_NONE) break;
        const char *name = name_of(shop, seen[i], &length);
        printf("  takes %.*s\n", length, name);
        TRY(persona_query_items(query, PERSONA_HISTORY, seen, i + 1, error));
        TRY(print_answer(shop, query, "then:", 0, error));
    }
done:
    persona_query_free(query);
    return rc;
}

int main(int argc, char **argv)
{
    const char *orders = argc > 1 ? argv[1] : FOLDER "orders.csv.gz";
    const char *products = argc > 2 ? argv[2] : FOLDER "products.csv.gz";
    const char *path = argc > 3 ? argv[3] : "recommender.persona";
    persona_error error = {0};
    struct shop shop = {0};
    int rc;
    TRY(persona_table_read_csv(&shop.products, products, NULL, NULL, &error));
    TRY(fit(&shop, orders, path, &error));
    TRY(read_names(&shop));
    TRY(show_customers(&shop, &error));
    TRY(show_together(&shop, 41, &error));
    TRY(show_session(&shop, &error));
done:
    if (rc != PERSONA_OK) fprintf(stderr, "recommend_products: %s\n", error.message);
    free(shop.row);
    persona_model_free(persona_recommender_model(shop.model));
    persona_table_free(shop.products);
    return rc == PERSONA_OK ? 0 : 1;
}
