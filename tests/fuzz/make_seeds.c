/* make_seeds FOLDER: writes the models that fuzz_model starts from: each kind of input,
 * transform and option that leaves something of its own in the file, as small as it gets.
 * Needed again when the layout of the chunks changes:
 *   cc -Iinclude -Ilib tests/fuzz/make_seeds.c build/libpersona.a -lopenblas -llapacke \
 *      -lz -lm -lpthread -o make_seeds && ./make_seeds tests/fuzz/corpus/fuzz_model */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "persona.h"

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
} seeds[] = {
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

static void write_seed(const char *folder, const char *name, const char *csv,
                       const char *options)
{
    persona_error error = {0};
    persona_table *table = NULL;
    persona_params *fit = NULL;
    persona_segmenter *segmenter = NULL;
    char path[1024];
    must(persona_table_from_csv(&table, csv, (int64_t)strlen(csv), NULL, NULL, &error),
         name, &error);
    must(persona_params_new(&fit, "segmenter.fit", &error), name, &error);
    must(persona_params_parse(fit, options, &error), name, &error);
    must(persona_segmenter_fit(&segmenter, table, fit, NULL, &error), name, &error);
    snprintf(path, sizeof path, "%s/%s.persona", folder, name);
    must(persona_model_save(persona_segmenter_model(segmenter), path, NULL, &error), name,
         &error);
    persona_model_free(persona_segmenter_model(segmenter));
    persona_params_free(fit);
    persona_table_free(table);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: make_seeds FOLDER\n");
        return 2;
    }
    for (size_t i = 0; i < sizeof seeds / sizeof seeds[0]; i++)
        write_seed(argv[1], seeds[i].name, seeds[i].csv, seeds[i].options);
    return 0;
}
