/* make_seeds FOLDER: writes what the fuzz targets start from: into FOLDER/fuzz_model a
 * model of each kind of input, transform, learner and option that leaves something of its
 * own in the file, as small as it gets; into FOLDER/fuzz_import models as LightGBM and
 * XGBoost write them. Needed again when the layout of the chunks changes:
 *   cc -Iinclude -Ilib -Itests tests/fuzz/make_seeds.c build/libpersona.a -lopenblas \
 *      -llapacke -lz -lm -lpthread -o make_seeds && ./make_seeds tests/fuzz/corpus */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "persona.h"
#include "shop/recommend/recommend.h"
#include "support/import_models.h"

static void must(int rc, const char *what, const persona_error *error)
{
    if (rc == PERSONA_OK) return;
    fprintf(stderr, "%s: %s\n", what, error->message);
    exit(1);
}

static const char numbers[] = "recency,frequency,monetary\n1,10,100\n2,11,110\n3,12,95\n"
                              "50,1,9\n52,2,12\n51,1,8\n9,5,1000\n8,6,1100\n";
static const char mixed[] =
    "id,city,spend,member,since\n1,Rome,1,true,2024-01-01\n2,Rome,,true,2024-01-03\n"
    "3,Oslo,101,false,2020-05-01\n4,Oslo,102,false,\n5,,103,true,2020-05-07\n"
    "6,Rome,3,true,2024-02-01\n";
static const char orders[] =
    "user,time,order,item,quantity,price\na,2024-01-01,1,x,1,10\na,2024-02-01,2,y,2,20\n"
    "a,2024-03-01,3,x,1,15\nb,2024-01-05,4,z,5,200\nb,2024-03-05,5,z,4,180\n"
    "c,2024-01-09,6,x,1,5\nc,2024-01-10,7,x,1,6\nd,2023-12-09,8,y,-1,7\n"
    "e,2023-11-09,9,y,1,9\nf,2024-03-01,10,z,6,300\n";

static const struct {
    const char *name, *csv, *options;
} segmenters[] = {
    {"numbers", numbers, "k=3 seed=1"},
    {"auto_k", numbers,
     "k_max=4 gap=true gap_references=1 stability=true stability_rounds=2"},
    {"none", numbers, "k=2 transform=none"},
    {"zscore", numbers, "k=2 transform=zscore weight.monetary=2"},
    {"robust", numbers, "k=2 transform=robust transform.recency=log1p"},
    {"winsor", numbers, "k=2 transform=winsor winsor=0.1"},
    {"one", numbers, "k=1"},
    {"mixed", mixed, "k=2 gamma=1"},
    {"text_only", mixed, "k=2 features=city"},
    {"orders", orders, "k=2 seed=1"},
    {"orders_as_of", orders, "k=2 as_of=2024-04-01 examples=1 rfm_bins=3"},
    {"named", numbers, "k=2 name.0=Friends"},
    {"dry_run", numbers, "k=2 dry_run=true"},
};

/* Learners and calibrations, one each; payments is made by write_payments. */
static const struct {
    const char *name, *options;
} scorers[] = {
    {"trees", "algorithm=gbdt search=1 gbdt.rounds=3 gbdt.num_leaves=4"},
    {"symmetric", "algorithm=gbdt search=1 gbdt.rounds=2 gbdt.growth=symmetric "
                  "gbdt.max_depth=2 calibrate=platt"},
    {"settings", "algorithm=gbdt search=2 blend=2 gbdt.rounds=2 gbdt.num_leaves=3 "
                 "calibrate=isotonic categories=channel min_level_rows=1"},
    {"logistic", "algorithm=logistic calibrate=beta"},
    {"forest", "algorithm=iforest iforest.trees=2 iforest.sample=8"},
    {"forest_gain", "algorithm=iforest iforest.trees=2 iforest.sample=16 iforest.gain=1 "
                    "exclude=country features=price,channel"},
    {"blend", "search=1 gbdt.rounds=2 anomaly=blend iforest.trees=2 iforest.sample=8 "
              "prevalence=0.01"},
    {"limits", "algorithm=gbdt search=1 gbdt.rounds=2 review_from=0.1 block_from=0.5 "
               "column.price=none column.quantity=none column.value=price"},
    {"monotone", "algorithm=gbdt search=1 gbdt.rounds=2 monotone.price=1 review=false"},
    {"scorer_dry_run", "dry_run=true"},
};

/* A small shop: people who look, buy and come back. */
static const char visits[] =
    "user,item,time,kind,price,brand\n"
    "a,x,2025-01-01,view,1,p\na,y,2025-01-02,buy,2,q\na,y,2025-01-09,buy,2,q\n"
    "b,y,2025-01-02,view,2,q\nb,z,2025-01-03,buy,,\nb,w,2025-01-04,view,4,p\n"
    "c,x,2025-01-03,view,1,p\nc,y,2025-01-05,view,2,q\nc,z,2025-01-05,return,,\n"
    "d,w,2025-01-06,cart,4,p\nd,x,2025-01-06,buy,1,p\nd,x,2025-01-16,buy,1,p\n"
    "e,z,2025-01-07,view,,\ne,w,2025-01-08,view,4,p\ne,y,2025-01-09,buy,2,q\n";
static const char sessions[] =
    "session,item,time\n1,x,1735689600\n1,y,1735689610\n2,y,1735689700\n"
    "2,z,1735689710\n3,x,1735689800\n3,y,1735689805\n3,z,1735689810\n"
    "4,y,1735689900\n4,x,1735689905\n5,z,1735690000\n5,y,1735690005\n";
static const char visits_of_users[] =
    "user,session,item,time\na,1,x,1735689600\na,1,y,1735689610\na,2,z,1735689700\n"
    "b,3,z,1735689710\nb,3,x,1735689800\nc,4,y,1735689805\nc,4,z,1735689810\n"
    "c,5,x,1735689900\n";
static const char looks[] = "user,item,kind,seconds,quantity\na,x,view,3,\n"
                            "a,y,view,30,\nb,x,buy,,1\nb,y,buy,,-1\nc,y,view,5,\n";
static const char wares[] = "sku,category,name,price\nx,tea,green leaf,1\n"
                            "y,tea,black leaf,2\nz,cups,green cup,3\nv,cups,tin cup,4\n";
static const char later[] = "user,item,time,kind,price,brand\n"
                            "a,new,2025-02-01,view,1,p\na,y,2025-02-01,view,2,q\n"
                            "f,new,2025-02-02,buy,1,p\nf,x,2025-02-02,buy,1,p\n";

static const struct {
    const char *name, *csv, *options;
    int linked, grown;
} recommenders[] = {
    {"rec_auto", visits, "", 1, 0},
    {"rec_grown", visits, "speed=fast", 1, 1},
    {"rec_als", visits, "algorithm=als als.factors=2 als.iterations=2", 0, 1},
    {"rec_ease", visits, "algorithm=ease", 0, 0},
    {"rec_item_knn", visits, "algorithm=item_knn item_knn.similarity=tfidf", 0, 0},
    {"rec_rp3beta", visits, "algorithm=rp3beta half_life=30", 0, 1},
    {"rec_bought", visits, "algorithm=bought_together kind_weight.view=0", 0, 0},
    {"rec_sequence", visits, "algorithm=sequence", 0, 0},
    {"rec_ridge", visits, "algorithm=directed_ridge", 0, 0},
    {"rec_popular", visits, "algorithm=popular column.kind=none column.price=none", 0, 0},
    {"rec_content", visits, "algorithm=content", 1, 1},
    {"rec_sets", visits, "order=none column.time=none", 0, 0},
    {"rec_sessions", sessions, "", 0, 0},
    {"rec_neighbours", sessions, "algorithm=session_knn", 0, 0},
    {"rec_visits", visits_of_users, "", 0, 0},
    {"rec_looks", looks, "", 0, 0},
    {"rec_dry_run", visits, "dry_run=true", 0, 0},
};

/* Models of others: the first byte tells the fuzz target whose. */
static const struct {
    const char *name, *text;
    const char *from[3], *to[3];
} imports[] = {
    {"light", light_model, {NULL}, {NULL}},
    {"light_regression", light_model, {"binary sigmoid:1"}, {"regression"}},
    {"light_classes",
     light_model,
     {"num_class=1", "num_tree_per_iteration=1", "binary sigmoid:1"},
     {"num_class=2", "num_tree_per_iteration=2", "multiclass num_class:2"}},
    {"light_average", light_model, {"label_index=0"}, {"label_index=0\naverage_output"}},
    {"light_zero", light_model, {"decision_type=10 1"}, {"decision_type=6 1"}},
    {"xgb", xgb_model_json, {NULL}, {NULL}},
    {"xgb_logistic", xgb_model_json, {"reg:squarederror"}, {"binary:logistic"}},
    {"xgb_classes",
     xgb_model_json,
     {"\"num_class\":\"0\"", "reg:squarederror"},
     {"\"num_class\":\"2\"", "multi:softprob"}},
    {"xgb_dart",
     xgb_model_json,
     {"{\"model\":{", "\"name\":\"gbtree\"}"},
     {"{\"gbtree\":{\"model\":{", "\"name\":\"gbtree\"},\"weight_drop\":[0.5]}"}},
};

static FILE *open_seed(const char *folder, const char *target, const char *name)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s/%s", folder, target, name);
    FILE *file = fopen(path, "wb");
    if (file == NULL) {
        perror(path);
        exit(1);
    }
    return file;
}

static persona_table *read_csv(const char *csv)
{
    persona_error error = {0};
    persona_table *table = NULL;
    must(persona_table_from_csv(&table, csv, (int64_t)strlen(csv), NULL, NULL, &error),
         "csv", &error);
    return table;
}

static persona_params *options_of(const char *schema, const char *options)
{
    persona_error error = {0};
    persona_params *params = NULL;
    must(persona_params_new(&params, schema, &error), schema, &error);
    must(persona_params_parse(params, options, &error), options, &error);
    return params;
}

/* Takes the model over. */
static void write_model(const char *folder, const char *name, persona_model *model)
{
    persona_error error = {0};
    char path[1024];
    snprintf(path, sizeof path, "%s/fuzz_model/%s.persona", folder, name);
    must(persona_model_save(model, path, NULL, &error), name, &error);
    persona_model_free(model);
}

static void write_segmenter(const char *folder, size_t i)
{
    persona_error error = {0};
    persona_segmenter *segmenter = NULL;
    persona_table *table = read_csv(segmenters[i].csv);
    persona_params *fit = options_of("segmenter.fit", segmenters[i].options);
    must(persona_segmenter_fit(&segmenter, table, fit, NULL, &error), segmenters[i].name,
         &error);
    write_model(folder, segmenters[i].name, persona_segmenter_model(segmenter));
    persona_params_free(fit);
    persona_table_free(table);
}

/* 80 payments: large ones from Brazil are frauds, and every 20th; some labels, amounts
 * and countries are not known. */
static persona_table *make_payments(void)
{
    static char csv[1 << 14];
    static const char *const countries[] = {"DE", "FR", "BR", ""};
    size_t at = (size_t)snprintf(csv, sizeof csv,
                                 "order_id,ordered_at,signed_up,country,channel,price,"
                                 "quantity,gift,is_fraud\n");
    for (int i = 0; i < 80; i++) {
        const char *country = countries[i * 7 / 3 % 4];
        const int price = 20 + i * 37 % 101;
        const int fraud = (country[0] == 'B' && price > 60) || i % 20 == 7;
        at += (size_t)snprintf(csv + at, sizeof csv - at,
                               "%d,2025-01-%02dT%02d:00:00,2024-%02d-11,%s,%d,", i,
                               1 + i / 3, i % 24, 1 + i * 5 % 12, country, i % 3);
        if (i != 9) at += (size_t)snprintf(csv + at, sizeof csv - at, "%d", price);
        at += (size_t)snprintf(csv + at, sizeof csv - at, ",%d,%s,", 1 + i % 4,
                               i % 5 == 0 ? "true" : "false");
        at += (size_t)snprintf(csv + at, sizeof csv - at, i % 13 ? "%d\n" : "\n", fraud);
    }
    return read_csv(csv);
}

static void write_scorer(const char *folder, const persona_table *payments, size_t i)
{
    persona_error error = {0};
    persona_fraud_scorer *scorer = NULL;
    persona_params *fit = options_of("fraud_scorer.fit", scorers[i].options);
    must(persona_params_set_int(fit, "draws", 2, &error), "draws", &error);
    must(persona_fraud_scorer_fit(&scorer, payments, fit, NULL, &error), scorers[i].name,
         &error);
    write_model(folder, scorers[i].name, persona_fraud_scorer_model(scorer));
    persona_params_free(fit);
}

static void write_recommender(const char *folder, size_t i)
{
    persona_error error = {0};
    persona_recommender *model = NULL, *grown = NULL;
    const char *name = recommenders[i].name;
    persona_table *events = read_csv(recommenders[i].csv);
    persona_params *fit = options_of("recommender.fit", recommenders[i].options);
    if (recommenders[i].linked) {
        persona_table *items = read_csv(wares);
        must(persona_table_link(events, "item", items, "sku", &error), name, &error);
        persona_table_free(items);
    }
    must(persona_recommender_fit(&model, events, fit, NULL, &error), name, &error);
    if (recommenders[i].grown) {
        persona_table *more = read_csv(later);
        must(persona_recommender_update(&grown, model, more, NULL, &error), name, &error);
        persona_model_free(persona_recommender_model(model));
        persona_table_free(more);
        model = grown;
    }
    write_model(folder, name, persona_recommender_model(model));
    persona_params_free(fit);
    persona_table_free(events);
}

/* Long enough that trees order the candidates: after item i comes i + 1, or, for those
 * who look twice, i + 2. */
static void write_reranked(const char *folder)
{
    enum { SESSIONS = 640, LENGTH = 6, ITEMS = 12 };
    persona_error error = {0};
    persona_recommender *model = NULL;
    char *csv = malloc(1 << 20);
    size_t at = (size_t)sprintf(csv, "session,item,time\n");
    for (int s = 0; s < SESSIONS; s++)
        for (int e = 0, item = s * 7 % ITEMS; e < LENGTH; e++) {
            at += (size_t)sprintf(csv + at, "%d,%d,%d\n", s, item,
                                  1735689600 + s * 1000 + e * (s % 3 ? 1 : 400));
            item = (item + (e % 2 && s % 3 == 0 ? 0 : 1 + (s % 3 == 0))) % ITEMS;
        }
    persona_table *events = read_csv(csv);
    persona_params *fit = options_of("recommender.fit", "");
    must(persona_recommender_fit(&model, events, fit, NULL, &error), "trees", &error);
    if (model->engine.trees == NULL) exit(1);
    psn_gbdt_cut(model->engine.trees, 3);
    write_model(folder, "rec_trees", persona_recommender_model(model));
    persona_params_free(fit);
    persona_table_free(events);
    free(csv);
}

static void write_import(const char *folder, size_t i)
{
    char text[8192], next[8192];
    snprintf(text, sizeof text, "%d%s", imports[i].text == xgb_model_json,
             imports[i].text);
    for (int r = 0; r < 3 && imports[i].from[r] != NULL; r++) {
        const char *at = strstr(text, imports[i].from[r]);
        if (at == NULL) exit(1);
        snprintf(next, sizeof next, "%.*s%s%s", (int)(at - text), text, imports[i].to[r],
                 at + strlen(imports[i].from[r]));
        memcpy(text, next, sizeof text);
    }
    FILE *file = open_seed(folder, "fuzz_import", imports[i].name);
    fputs(text, file);
    fclose(file);
}

/* A scorer that was imported: it has no report of a fit. */
static void write_imported(const char *folder)
{
    persona_error error = {0};
    persona_fraud_scorer *scorer = NULL;
    char path[1024];
    snprintf(path, sizeof path, "%s/fuzz_model/imported.persona", folder);
    FILE *file = open_seed(folder, "fuzz_model", "imported.persona");
    fputs(light_model, file);
    fclose(file);
    must(persona_fraud_scorer_import(&scorer, path, NULL, NULL, &error), "import",
         &error);
    write_model(folder, "imported", persona_fraud_scorer_model(scorer));
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: make_seeds FOLDER\n");
        return 2;
    }
    for (size_t i = 0; i < sizeof segmenters / sizeof segmenters[0]; i++)
        write_segmenter(argv[1], i);
    persona_table *payments = make_payments();
    for (size_t i = 0; i < sizeof scorers / sizeof scorers[0]; i++)
        write_scorer(argv[1], payments, i);
    persona_table_free(payments);
    for (size_t i = 0; i < sizeof recommenders / sizeof recommenders[0]; i++)
        write_recommender(argv[1], i);
    write_reranked(argv[1]);
    for (size_t i = 0; i < sizeof imports / sizeof imports[0]; i++)
        write_import(argv[1], i);
    write_imported(argv[1]);
    return 0;
}
