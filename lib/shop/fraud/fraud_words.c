/* fraud_words.c: a feature of one order as people say it. */
#include "base/number.h"
#include "shop/fraud/fraud_model.h"

#include <math.h>

static const char *const words_days[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                         "Friday", "Saturday", "Sunday"};

/* At most four digits, but whole numbers whole. */
static void words_number(psn_text *out, double x)
{
    char text[400];
    const double size = fabs(x);
    if (floor(x) == x && size < 1e15)
        psn_text_append(out, text, psn_print_int(text, (int64_t)x));
    else if (size >= 1e-3 && size < 1e15)
        psn_text_append(out, text,
                        psn_print_fixed(text, x,
                                        size >= 100 ? 0
                                        : size >= 1 ? 2
                                                    : 4));
    else
        psn_text_format(out, "%g", x);
}

static void words_level(psn_text *out, const psn_fraud_input *input, double level)
{
    size_t length;
    psn_text_format(out, "%s ", input->name);
    if (isnan(level)) {
        psn_text_format(out, "is unknown");
    } else if (level >= (double)psn_dict_count(input->levels)) {
        psn_text_format(out, "is rare or new");
    } else {
        const char *text = psn_dict_text(input->levels, (int64_t)level, &length);
        psn_text_append(out, text, length);
    }
}

static void words_size(psn_text *out, const psn_fraud_feature *feature, double x,
                       const char *low, const char *high)
{
    if (x < feature->low) psn_text_format(out, " is %s", low);
    if (x > feature->high) psn_text_format(out, " is %s", high);
}

void psn_fraud_words(psn_text *out, const persona_fraud_scorer *model, int32_t f,
                     const double *values, const double *row)
{
    const psn_fraud_feature *feature = model->feature + f;
    const psn_fraud_input *input = model->input + feature->input;
    const double x = row[f];
    if (psn_fraud_is_category(input->type)) {
        words_level(out, input, values[feature->input]);
        return;
    }
    if (isnan(x)) {
        psn_text_format(out, "%s is unknown", feature->name);
        return;
    }
    switch (feature->derive) {
    case PSN_FRAUD_HOUR:
        psn_text_format(out, "%s at %02d:%02d", input->name, (int)x,
                        (int)((x - floor(x)) * 60));
        return;
    case PSN_FRAUD_WEEKDAY:
        psn_text_format(out, "%s on a %s", input->name, words_days[(int)x]);
        return;
    case PSN_FRAUD_AGE:
        words_number(out, fabs(x) < 48 ? x : x / 24);
        psn_text_format(out, " %s from %s to %s", fabs(x) < 48 ? "hours" : "days",
                        model->input[feature->other].name, input->name);
        words_size(out, feature, x, "short", "long");
        return;
    default:
        break;
    }
    psn_text_format(out, "%s ", feature->name);
    if (input->type == PSN_FRAUD_BOOL) {
        psn_text_format(out, "%s", x != 0 ? "is true" : "is false");
        return;
    }
    words_number(out, x);
    words_size(out, feature, x, "low", "high");
}
