/* shop/recommend/recommend_fit_{roles,kinds,events,meaning,catalog}: from a table to
 * events with kinds, times and weights, and to what is known of items. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <math.h>
#include "support/tiny_fitting.h"

static fitting of;

static int close_fitting(void **state)
{
    (void)state;
    fitting_close(&of);
    return 0;
}

static const psn_rec_kind *kind(const char *name)
{
    return events_kind(of.fit.model, name);
}

static void refused(const char *csv, const char *options, int code, const char *words)
{
    const int rc = fitting_read(&of, events_csv(csv), options);
    if (rc != code || strstr(events_error.message, words) == NULL)
        fail_msg("code %d: %s", rc, events_error.message);
}

/* ---- kinds */

static void words_of_shops_are_recognised_and_weigh_by_what_they_mean(void **state)
{
    (void)state;
    fitting_must(&of,
                 "user,item,event_type\n1,a,Page View\n1,a,add_to_cart\n1,a,Purchase\n"
                 "1,a,refund\n1,b,telepathy\n",
                 "");
    assert_int_equal(kind("Page View")->role, PSN_REC_ROLE_VIEW);
    assert_float_equal(kind("Page View")->weight, 1, 0);
    assert_int_equal(kind("add_to_cart")->role, PSN_REC_ROLE_CART);
    assert_float_equal(kind("add_to_cart")->weight, 2, 0);
    assert_int_equal(kind("Purchase")->role, PSN_REC_ROLE_PURCHASE);
    assert_float_equal(kind("Purchase")->weight, 3, 0);
    assert_int_equal(kind("refund")->role, PSN_REC_ROLE_RETURN);
    assert_float_equal(kind("refund")->weight, -3, 0);
    assert_int_equal(kind("telepathy")->role, PSN_REC_ROLE_OTHER);
    assert_float_equal(kind("telepathy")->weight, 1, 0);
}

static void purchases_are_wanted_and_hide(void **state)
{
    (void)state;
    fitting_must(&of, "user,item,kind\n1,a,view\n1,a,buy\n2,a,return\n", "");
    assert_true(kind("buy")->wanted && kind("buy")->hides);
    assert_false(kind("view")->wanted || kind("view")->hides);
    assert_false(kind("return")->wanted || kind("return")->hides);
}

static void without_purchases_all_is_wanted_but_what_takes_away(void **state)
{
    (void)state;
    fitting_must(&of, "user,item,kind\n1,a,view\n1,b,like\n2,a,return\n", "");
    assert_true(kind("view")->wanted && kind("like")->wanted);
    assert_false(kind("return")->wanted);
}

static void options_say_what_is_wanted_and_what_hides(void **state)
{
    (void)state;
    fitting_must(&of, "user,item,kind\n1,a,view\n1,a,buy\n",
                 "target=view hide=view kind_weight.buy=-2.5");
    assert_true(kind("view")->wanted && kind("view")->hides);
    assert_false(kind("buy")->wanted || kind("buy")->hides);
    assert_float_equal(kind("buy")->weight, -2.5, 0);
}

static void kinds_that_are_not_there_are_refused(void **state)
{
    (void)state;
    refused("user,item,kind\n1,a,view\n", "target=buy", PERSONA_EOPTION, "target");
    fitting_close(&of);
    refused("user,item,kind\n1,a,view\n", "hide=buy", PERSONA_EOPTION, "hide");
    fitting_close(&of);
    refused("user,item,kind\n1,a,view\n", "kind_weight.buy=1", PERSONA_EOPTION,
            "kind_weight.buy");
}

/* Seven kinds keep their names, the most frequent; the rest, and none, is "other". */
static void rare_kinds_are_one(void **state)
{
    (void)state;
    char csv[2000], *at = csv + sprintf(csv, "user,item,kind\n1,a,\n");
    for (int k = 0; k < 9; k++)
        for (int n = 0; n <= k; n++) at += sprintf(at, "%d,b,kind%d\n", n, k);
    fitting_must(&of, csv, "");
    assert_int_equal(of.fit.model->engine.kinds, PSN_REC_KINDS);
    assert_int_equal(kind("kind2")->events, 3);
    assert_int_equal(kind("other")->events, 1 + 1 + 2);
    assert_int_equal(events_note(of.fit.model, "other_kinds"), 4);
}

static void a_table_of_orders_holds_purchases(void **state)
{
    (void)state;
    fitting_must(&of, "customer_id,sku,order_id\n1,a,1\n1,b,1\n", "");
    assert_int_equal(of.fit.model->engine.kinds, 1);
    assert_true(kind("purchase")->wanted && kind("purchase")->hides);
}

/* Where one kind is all there is, it hides if people hardly ever come back. */
static void without_kinds_items_hide_unless_people_come_back(void **state)
{
    (void)state;
    fitting_must(&of, "user,item\n1,a\n1,b\n2,a\n2,c\n", "");
    assert_true(kind("event")->hides && kind("event")->wanted);
    fitting_close(&of);
    fitting_must(&of, "user,item\n1,a\n1,a\n2,a\n2,c\n", "");
    assert_false(kind("event")->hides);
    fitting_close(&of);
    fitting_must(&of, "user,item\n1,a\n1,a\n2,a\n2,c\n", "hide=event");
    assert_true(kind("event")->hides);
}

/* ---- times */

static void seconds_and_milliseconds_are_told_apart(void **state)
{
    (void)state;
    fitting_must(&of, "user,item,time\n1,a,1735689600\n", "");
    assert_int_equal(of.fit.times, PSN_REC_MOMENTS);
    assert_int_equal(of.fit.time[0], INT64_C(1735689600000));
    fitting_close(&of);
    fitting_must(&of, "user,item,time\n1,a,1735689600000\n", "");
    assert_int_equal(of.fit.time[0], INT64_C(1735689600000));
    fitting_close(&of);
    fitting_must(&of, "user,item,time\n1,a,2025-01-01\n", "");
    assert_int_equal(of.fit.time[0], INT64_C(1735689600000));
}

static void small_numbers_are_positions(void **state)
{
    (void)state;
    fitting_must(&of, "user,item,time\n1,a,2\n1,b,0\n1,c,1\n", "");
    assert_int_equal(of.fit.times, PSN_REC_POSITIONS);
    assert_string_equal(fitting_row(&of, "1"), "bca");
}

static void times_in_a_wrong_unit_are_refused_with_a_hint(void **state)
{
    (void)state;
    refused("user,item,time\n1,a,1735689600000000\n", "", PERSONA_EDATA, "microseconds");
    fitting_close(&of);
    refused("user,item,time\n1,a,soon\n", "", PERSONA_EDATA, "no times");
    fitting_close(&of);
    const int64_t user = 1, time = 1735689; /* seconds / 1000, stored as a time */
    persona_table *table = NULL;
    persona_table_new(&table, NULL);
    persona_table_add_int(table, "user", &user, NULL, 1, NULL);
    persona_table_add_int(table, "item", &user, NULL, 1, NULL);
    persona_table_add_time(table, "time", &time, NULL, 1, NULL);
    assert_int_equal(fitting_read(&of, table, ""), PERSONA_EDATA);
    assert_non_null(strstr(events_error.message, "January 1970"));
}

/* ---- weights */

/* An event a day old counts half at half_life=1, two days old a quarter. */
static void weights_halve_by_age(void **state)
{
    (void)state;
    fitting_must(&of,
                 "user,item,time\n1,a,2025-01-01\n1,b,2025-01-02\n1,c,2025-01-03\n1,d,\n",
                 "half_life=1");
    assert_float_equal(of.fit.weight[0], 0.25, 1e-6);
    assert_float_equal(of.fit.weight[1], 0.5, 1e-6);
    assert_float_equal(of.fit.weight[2], 1, 1e-6);
    assert_float_equal(of.fit.weight[3], 1, 1e-6);
}

static void a_half_life_without_times_is_refused(void **state)
{
    (void)state;
    refused("user,item\n1,a\n", "half_life=1", PERSONA_EOPTION, "half_life");
}

/* Seconds e - 1 and e^3 - 1: log1p 1 and 3, mean 2: weights .5 and 1.5. A million
 * seconds: no more than 4. Purchases do not scale. */
static void looking_longer_weighs_more(void **state)
{
    (void)state;
    fitting_must(&of,
                 "user,item,kind,seconds\n1,a,view,1.718281828459045\n"
                 "1,b,view,19.085536923187668\n1,c,buy,50\n1,d,view,\n1,e,view,-5\n",
                 "");
    assert_float_equal(of.fit.weight[0], 0.5, 1e-6);
    assert_float_equal(of.fit.weight[1], 1.5, 1e-6);
    assert_float_equal(of.fit.weight[2], 3, 0);
    assert_float_equal(of.fit.weight[3], 1, 0);
    assert_float_equal(of.fit.weight[4], 1, 0);
}

static void pieces_sent_back_take_away(void **state)
{
    (void)state;
    fitting_must(&of, "user,item,quantity\n1,a,2\n1,a,-2\n1,b,\n", "");
    assert_float_equal(of.fit.weight[0], 1, 0);
    assert_float_equal(of.fit.weight[1], -1, 0);
    assert_float_equal(of.fit.weight[2], 1, 0);
}

/* ---- columns */

static void missing_columns_are_named(void **state)
{
    (void)state;
    refused("user,colour\n1,red\n", "", PERSONA_EDATA, "role item");
    fitting_close(&of);
    refused("item,colour\na,red\n", "", PERSONA_EDATA, "role user or session");
    fitting_close(&of);
    refused("user,item\n1,1.5\n", "", PERSONA_EDATA, "ids");
    fitting_close(&of);
    refused("user,item\n1,a\n", "column.time=when", PERSONA_EDATA, "when");
}

/* ---- catalogue */

static void items_of_the_catalogue_are_known_without_events(void **state)
{
    (void)state;
    persona_table *events = events_csv("user,item\n1,a\n1,b\n");
    persona_table *items = events_csv("sku,category,brand,price,tags\na,tea,x,5,hot|wet\n"
                                      "b,tea,y,,hot\nz,cups,x,7,dry\n");
    assert_int_equal(persona_table_link(events, "item", items, "sku", NULL), 0);
    persona_table_free(items);
    assert_int_equal(fitting_read(&of, events, ""), 0);
    const psn_rec_facts *facts = &of.fit.model->engine.facts;
    const int64_t a = psn_dict_find(of.fit.model->items, "a", 1);
    const int64_t b = psn_dict_find(of.fit.model->items, "b", 1);
    const int64_t z = psn_dict_find(of.fit.model->items, "z", 1);
    assert_int_equal(of.fit.items, 3);
    assert_int_equal(facts->category[a], facts->category[b]);
    assert_int_not_equal(facts->category[a], facts->category[z]);
    assert_int_equal(facts->brand[a], facts->brand[z]);
    assert_float_equal(facts->price[z], 7, 0);
    assert_true(facts->price[b] != facts->price[b]); /* unknown */
    assert_int_equal(of.fit.attributes->rows, 3);
}

/* Of events: the last category told, the mean of prices that are prices. */
static void events_tell_categories_and_prices_as_well(void **state)
{
    (void)state;
    fitting_must(&of, "user,item,category,price\n1,a,tea,4\n1,a,,6\n2,a,cups,-1\n2,b,,\n",
                 "");
    const psn_rec_facts *facts = &of.fit.model->engine.facts;
    assert_string_equal(fitting_id(facts->category_name, facts->category[0]), "cups");
    assert_int_equal(facts->category[1], -1);
    assert_float_equal(facts->price[0], 5, 0);
    assert_true(facts->price[1] != facts->price[1]);
}

static void prices_that_are_no_numbers_are_not_prices(void **state)
{
    (void)state;
    const double price[] = {NAN, INFINITY, 1e300, 3};
    const int64_t user[] = {1, 2, 3, 4}, item[] = {1, 2, 3, 4};
    persona_table *table = NULL;
    persona_table_new(&table, NULL);
    persona_table_add_int(table, "user", user, NULL, 4, NULL);
    persona_table_add_int(table, "item", item, NULL, 4, NULL);
    persona_table_add_real(table, "price", price, 4, NULL);
    assert_int_equal(fitting_read(&of, table, ""), 0);
    const float *known = of.fit.model->engine.facts.price;
    for (int i = 0; i < 3; i++) assert_true(known[i] != known[i]);
    assert_float_equal(known[3], 3, 0);
}

#define TEST(name) cmocka_unit_test_teardown(name, close_fitting)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(words_of_shops_are_recognised_and_weigh_by_what_they_mean),
        TEST(purchases_are_wanted_and_hide),
        TEST(without_purchases_all_is_wanted_but_what_takes_away),
        TEST(options_say_what_is_wanted_and_what_hides),
        TEST(kinds_that_are_not_there_are_refused),
        TEST(rare_kinds_are_one),
        TEST(a_table_of_orders_holds_purchases),
        TEST(without_kinds_items_hide_unless_people_come_back),
        TEST(seconds_and_milliseconds_are_told_apart),
        TEST(small_numbers_are_positions),
        TEST(times_in_a_wrong_unit_are_refused_with_a_hint),
        TEST(weights_halve_by_age),
        TEST(a_half_life_without_times_is_refused),
        TEST(looking_longer_weighs_more),
        TEST(pieces_sent_back_take_away),
        TEST(missing_columns_are_named),
        TEST(items_of_the_catalogue_are_known_without_events),
        TEST(events_tell_categories_and_prices_as_well),
        TEST(prices_that_are_no_numbers_are_not_prices),
    };
    return cmocka_run_group_tests_name("events", tests, NULL, NULL);
}
