/* segment_customers.c: which kinds of customers does a shop have, and which kind is this?
 *
 * The whole life of a model. In a real shop the first half is a nightly job and the
 * second half runs in the web workers; the file between them is all they share.
 *
 *     segment_customers [ORDERS.csv.gz [MODEL.persona]] */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "persona.h"

#define ORDERS "examples/data/complete_journey/orders.csv.gz"
#define TRY(call)                                                                        \
    if ((rc = (call)) != PERSONA_OK) goto done

enum { CELL = 256 };

/* One value of a table as text: tables are typed, so ask a column for its type first. */
static int cell(char *out, const persona_table *table, int64_t column, int64_t row)
{
    const char *text;
    int64_t length;
    if (persona_table_type(table, column) == PERSONA_TYPE_INT)
        return snprintf(out, CELL, "%lld",
                        (long long)persona_table_ints(table, column)[row]);
    if (persona_table_type(table, column) == PERSONA_TYPE_REAL) {
        double number = persona_table_reals(table, column)[row];
        return snprintf(out, CELL, fabs(number) < 1000 ? "%.3g" : "%.0f", number);
    }
    persona_table_text(table, column, row, &text, &length);
    return snprintf(out, CELL, "%.*s", (int)length, text ? text : "");
}

/* Prints the columns named in `names` (blanks between), texts to the left. */
static void print_table(const char *title, const persona_table *table, const char *names)
{
    char name[64], value[CELL];
    int used;
    printf("\n%s\n", title);
    for (int64_t row = -1; row < persona_table_rows(table); row++) {
        for (const char *at = names; sscanf(at, " %63s%n", name, &used) > 0; at += used) {
            int64_t column = persona_table_find(table, name);
            int width = (int)strlen(name), length = 0;
            if (column == PERSONA_NONE) continue;
            for (int64_t i = 0; i < persona_table_rows(table); i++)
                if ((length = cell(value, table, column, i)) > width) width = length;
            snprintf(value, CELL, "%s", name); /* the head */
            if (row >= 0) cell(value, table, column, row);
            if (persona_table_type(table, column) == PERSONA_TYPE_TEXT) width = -width;
            if (at[used] == '\0' && width < 0) width = 0; /* no blanks at the end */
            if (width != 0 || value[0] != '\0') printf("  %*s", width, value);
        }
        printf("\n");
    }
}

/* What a model knows comes out as tables, its parts. */
static int print_part(const char *title, const persona_model *model, const char *part,
                      const char *names, persona_error *error)
{
    persona_table *table = NULL;
    int rc = persona_model_part(&table, model, part, error);
    if (rc == PERSONA_OK) print_table(title, table, names);
    persona_table_free(table);
    return rc;
}

/* The nightly job: read the orders, find the segments, save the model. The columns of the
 * orders are recognised by their names; column.user=... names one that is not. These
 * options are the defaults: NULL in their place, or the command, makes the same model. */
static int fit_and_save(const char *orders_path, const char *path, persona_error *error)
{
    persona_table *orders = NULL;
    persona_params *options = NULL;
    persona_segmenter *segmenter = NULL;
    persona_model *model;
    int rc;
    TRY(persona_table_read_csv(&orders, orders_path, NULL, NULL, error));
    TRY(persona_params_new(&options, "segmenter.fit", error));
    TRY(persona_params_parse(options, "k=auto seed=0", error));
    TRY(persona_segmenter_fit(&segmenter, orders, options, NULL, error));
    model = persona_segmenter_model(segmenter); /* the same object, seen as any model */
    printf("%lld lines of orders\n", (long long)persona_table_rows(orders));
    TRY(print_part("How many segments?", model, "sweep",
                   "k silhouette calinski_harabasz davies_bouldin bic reason", error));
    TRY(print_part("The segments", model, "profile",
                   "segment name size share revenue revenue_share", error));
    TRY(print_part("Rules that tell them apart", model, "rules",
                   "segment rule precision recall", error));
    TRY(persona_model_save(model, path, NULL, error));
done:
    persona_model_free(persona_segmenter_model(segmenter));
    persona_params_free(options);
    persona_table_free(orders);
    return rc;
}

static const char *known[] = {"recency_days", "frequency", "monetary", "discount_share"};
static const char *visitors[] = {"twice a week", "waits for offers", "long ago"};
static const double values[][4] = {
    {2, 95, 2600, 0.15}, {12, 20, 260, 0.32}, {230, 2, 25, NAN}};

/* A web worker: open the model, prepare the question once, ask it for each visitor. */
static int ask(const char *path, persona_error *error)
{
    persona_model *model = NULL;
    persona_table *inputs = NULL, *profile = NULL, *reasons = NULL;
    persona_query *query = NULL;
    double numbers[64], distance;
    char name[CELL];
    int32_t segment, rc;
    TRY(persona_model_open(&model, path, NULL, error));
    TRY(persona_segmenter_prepare(&query, persona_model_segmenter(model), NULL, error));
    TRY(persona_model_inputs(&inputs, model, error));
    TRY(persona_model_part(&profile, model, "profile", error));
    printf("\nVisitors, asked of the saved model\n");
    int64_t count = persona_table_rows(inputs);
    if (count > 64) count = 64; /* too few: assign says so */
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        for (int64_t j = 0; j < count; j++) {
            numbers[j] = NAN; /* unknown is missing, never zero */
            cell(name, inputs, persona_table_find(inputs, "name"), j);
            for (int n = 0; n < 4; n++)
                if (strcmp(name, known[n]) == 0) numbers[j] = values[i][n];
        }
        TRY(persona_segmenter_assign(query, numbers, count, &segment, &distance, error));
        cell(name, profile, persona_table_find(profile, "name"), segment);
        printf("  %-16s  segment %d, %s\n", visitors[i], segment, name);
    }
    TRY(persona_segmenter_explain(&reasons, query, numbers, count, error));
    print_table("Why the last one, and not the next nearest segment", reasons,
                "feature value center alternative_center contribution");
done:
    persona_table_free(reasons);
    persona_query_free(query);
    persona_table_free(profile);
    persona_table_free(inputs);
    persona_model_free(model);
    return rc;
}

int main(int argc, char **argv)
{
    const char *path = argc > 2 ? argv[2] : "customers.persona";
    persona_error error;
    if (!fit_and_save(argc > 1 ? argv[1] : ORDERS, path, &error) && !ask(path, &error))
        return 0;
    fprintf(stderr, "segment_customers: %s\n", error.message);
    return 1;
}
