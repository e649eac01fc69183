/* shop_events.h: events of a small made shop, and a recommender fitted on them. Shopper
 * u looks at, and sometimes buys, items of his taste (u % 4), one after the other. */
#ifndef TESTS_SUPPORT_SHOP_EVENTS_H
#define TESTS_SUPPORT_SHOP_EVENTS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "persona.h"

enum { SHOPPERS = 120, SHOP_ITEMS = 40, SHOP_TASTES = 4, SHOP_VISITS = 12 };
static const int64_t shop_first = INT64_C(1735689600000); /* 2025-01-01 */

static inline void shop_must(int rc, const persona_error *error)
{
    if (rc == PERSONA_OK) return;
    fprintf(stderr, "%s\n", error->message);
    exit(3);
}

/* Item of visit v of shopper u: of his taste, in steps, now and then another. */
static inline int64_t shop_item(int64_t u, int64_t v)
{
    const int64_t step = (u / SHOP_TASTES + v * (1 + u % 3)) % (SHOP_ITEMS / SHOP_TASTES);
    return v % 7 == 5 ? (u * 5 + v * 3) % SHOP_ITEMS
                      : u % SHOP_TASTES + step * SHOP_TASTES;
}

/* user,item,time,kind and, linked, item,category,brand,price */
static inline persona_table *shop_table(void)
{
    persona_error error;
    persona_table *events = NULL, *items = NULL;
    char *csv = malloc(1 << 20), *at = csv;
    at += sprintf(at, "user,item,time,kind\n");
    for (int64_t v = 0; v < SHOP_VISITS; v++)
        for (int64_t u = 0; u < SHOPPERS; u++)
            at += sprintf(at, "u%lld,i%lld,%lld,%s\n", (long long)u,
                          (long long)shop_item(u, v),
                          (long long)(shop_first + (v * SHOPPERS + u) * 60000),
                          (u + v) % 4 == 0 ? "purchase" : "view");
    shop_must(persona_table_from_csv(&events, csv, at - csv, NULL, NULL, &error), &error);
    at = csv;
    at += sprintf(at, "item,category,brand,price\n");
    for (int64_t i = 0; i < SHOP_ITEMS; i++)
        at +=
            sprintf(at, "i%lld,c%lld,b%lld,%lld.5\n", (long long)i,
                    (long long)(i % SHOP_TASTES), (long long)(i % 5), (long long)(i + 1));
    shop_must(persona_table_from_csv(&items, csv, at - csv, NULL, NULL, &error), &error);
    shop_must(persona_table_link(events, "item", items, "item", &error), &error);
    persona_table_free(items);
    free(csv);
    return events;
}

static inline persona_params *shop_params(const char *schema, const char *text)
{
    persona_error error;
    persona_params *params = NULL;
    shop_must(persona_params_new(&params, schema, &error), &error);
    shop_must(persona_params_parse(params, text, &error), &error);
    return params;
}

static inline persona_recommender *shop_fit(const char *options)
{
    persona_error error;
    persona_recommender *model = NULL;
    persona_table *events = shop_table();
    persona_params *params = shop_params("recommender.fit", options);
    shop_must(persona_recommender_fit(&model, events, params, NULL, &error), &error);
    persona_params_free(params);
    persona_table_free(events);
    return model;
}

#endif
