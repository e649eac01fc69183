/* segment_fit_texts.c: which texts are categories of customers.
 *
 * A text column groups customers if few texts stand for many of them: at most 50 levels,
 * at most one for ten rows (five in a small table), and most of them seen more than once.
 * Names, addresses and remarks are none, and none of them goes into a model. Numbers and
 * times that were read as texts, because of a sign or of a word for missing, are no
 * categories either: that is most likely a mistake, and so it is a warning. */
#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "data/datetime.h"
#include "shop/segment/segment_fit.h"

#include <string.h>

enum { TEXTS_LEVELS_MOST = 50, TEXTS_LEVELS_SMALL = 5, TEXTS_ROWS_PER_LEVEL = 10 };
enum { TEXTS_LEVELS_OF_CODES = 10, TEXTS_NUMBER_BYTES = 64 };

/* What the texts of a column are, counted over rows. */
typedef struct texts_count {
    int64_t rows, numbers, money, times; /* plain numbers; numbers with signs */
} texts_count;

/* 007 is a code. */
static int texts_number(const char *text, size_t length)
{
    double x;
    const size_t sign = length > 0 && text[0] == '-';
    if (length > sign + 1 && text[sign] == '0' && text[sign + 1] != '.') return 0;
    return psn_parse_real(text, length, '.', &x);
}

/* Bytes of a sign of money, a blank or a mark of thousands at the start of text; 0 if it
 * is none. */
static size_t texts_sign(const char *text, size_t length)
{
    static const char *const signs[] = {"$",
                                        ",",
                                        " ",
                                        "'",
                                        "%",
                                        "\xE2\x82\xAC" /* euro */,
                                        "\xC2\xA3" /* pound */,
                                        "\xC2\xA5" /* yen */,
                                        "\xC2\xA0" /* blank */};
    for (size_t s = 0; s < sizeof signs / sizeof signs[0]; s++) {
        const size_t bytes = strlen(signs[s]);
        if (length >= bytes && memcmp(text, signs[s], bytes) == 0) return bytes;
    }
    return 0;
}

static int texts_money(const char *text, size_t length)
{
    char bare[TEXTS_NUMBER_BYTES];
    size_t used = 0;
    for (size_t i = 0; i < length;) {
        const size_t sign = texts_sign(text + i, length - i);
        if (sign == 0 && used == sizeof bare) return 0;
        if (sign == 0) bare[used++] = text[i++];
        i += sign;
    }
    return used < length && texts_number(bare, used);
}

static void texts_see(texts_count *count, const char *text, size_t length)
{
    int64_t ms;
    count->rows++;
    if (texts_number(text, length))
        count->numbers++;
    else if (texts_money(text, length))
        count->money++;
    else if (psn_parse_time(text, length, &ms))
        count->times++;
}

static int texts_most(int64_t part, int64_t all)
{
    return all > 0 && part * 10 >= all * 9;
}

/* Notes why a text column is none, with the option of reading that helps. */
static int texts_note(int *noted, psn_fit *fit, const psn_column *column,
                      const texts_count *count, persona_error *error)
{
    const int64_t numbers = count->numbers + count->money;
    persona_model *model = &fit->model->base;
    *noted = 1;
    if (texts_most(count->times, count->rows))
        return psn_model_note(model, "times_as_text", "warning", count->times, error,
                              "column \"%s\" is not used: %lld of its %lld values are "
                              "times, but others are not, so that it was read as text "
                              "(csv options missing=... or type.%s=time)",
                              column->name, (long long)count->times,
                              (long long)count->rows, column->name);
    if (texts_most(numbers, count->rows) && count->money > count->numbers)
        return psn_model_note(model, "numbers_as_text", "warning", numbers, error,
                              "column \"%s\" is not used: its values are numbers with "
                              "signs of money, blanks or commas in them, which were read "
                              "as text; take the signs out of the file",
                              column->name);
    if (texts_most(numbers, count->rows))
        return psn_model_note(model, "numbers_as_text", "warning", numbers, error,
                              "column \"%s\" is not used: %lld of its %lld values are "
                              "numbers, but others are not, so that it was read as text "
                              "(csv option missing=? for a word that means missing, or "
                              "type.%s=real finds the line)",
                              column->name, (long long)numbers, (long long)count->rows,
                              column->name);
    *noted = 0;
    return PERSONA_OK;
}

/* The levels and how often each is seen; at most one level more than a model takes. */
static int texts_levels(psn_dict **out, int64_t *seen, texts_count *count,
                        const psn_fit *fit, const psn_column *column,
                        persona_error *error)
{
    int rc = PERSONA_OK;
    const int64_t most = PSN_FIT_LEVELS_MOST;
    int64_t length;
    const char *text;
    psn_dict *dict = psn_dict_new();
    PSN_NEED(dict);
    memset(seen, 0, ((size_t)most + 1) * sizeof *seen);
    for (int64_t i = 0; i < fit->customers->rows; i++) {
        psn_column_text(column, i, &text, &length);
        if (text == NULL) continue;
        texts_see(count, text, (size_t)length);
        if (psn_dict_count(dict) > most) continue;
        const int64_t level = psn_dict_add(dict, text, (size_t)length);
        PSN_NEED(level < 0 ? NULL : dict);
        seen[level]++;
    }
    *out = dict;
    dict = NULL;
done:
    psn_dict_free(dict);
    return rc;
}

static int texts_drop(psn_fit *fit, const char *code, int64_t count, const char *name,
                      const char *why, persona_error *error)
{
    return psn_model_note(&fit->model->base, code, "info", count, error,
                          "column \"%s\" is not used: %s", name, why);
}

/* Most levels stand for more than one row, and there are few of them. */
static int texts_few(const int64_t *seen, int64_t levels, int64_t rows)
{
    int64_t repeated = 0, most = rows / TEXTS_ROWS_PER_LEVEL;
    if (most < TEXTS_LEVELS_SMALL) most = TEXTS_LEVELS_SMALL;
    if (most > TEXTS_LEVELS_MOST) most = TEXTS_LEVELS_MOST;
    for (int64_t l = 0; l < levels && l <= most; l++) repeated += seen[l] > 1;
    return levels <= most && 2 * repeated > levels;
}

static int texts_judge(int *serves, psn_fit *fit, const psn_column *column,
                       const int64_t *seen, int64_t levels, const texts_count *count,
                       int asked, persona_error *error)
{
    int rc = PERSONA_OK, noted = 0;
    char why[120];
    *serves = 0;
    if (levels < 2)
        return texts_drop(fit, "constant", levels, column->name,
                          levels == 0 ? "all values are missing" : "it has one value",
                          error);
    if (levels > PSN_FIT_LEVELS_MOST) {
        psn_format(why, sizeof why, "it is text with more than %d levels",
                   PSN_FIT_LEVELS_MOST);
    } else {
        psn_format(why, sizeof why,
                   "it is text with %lld levels for %lld values, too many to be "
                   "categories",
                   (long long)levels, (long long)count->rows);
        *serves = asked || texts_few(seen, levels, count->rows);
    }
    if (!asked && (!*serves || levels > TEXTS_LEVELS_OF_CODES))
        PSN_TRY(texts_note(&noted, fit, column, count, error));
    if (noted) *serves = 0;
    if (!*serves && !noted)
        PSN_TRY(texts_drop(fit, "many_levels", levels, column->name, why, error));
done:
    return rc;
}

int psn_fit_text_levels(psn_fit *fit, psn_dict **levels, int64_t column, int asked,
                        persona_error *error)
{
    int rc = PERSONA_OK, serves = 0;
    int64_t *seen = psn_alloc(PSN_FIT_LEVELS_MOST + 1, sizeof *seen);
    const psn_column *text = psn_fit_column(fit, column);
    psn_dict *dict = NULL;
    texts_count kinds = {0};
    *levels = NULL;
    PSN_NEED(seen);
    PSN_TRY(texts_levels(&dict, seen, &kinds, fit, text, error));
    PSN_TRY(texts_judge(&serves, fit, text, seen, psn_dict_count(dict), &kinds, asked,
                        error));
    if (serves) {
        *levels = dict;
        dict = NULL;
    }
done:
    psn_dict_free(dict);
    psn_release(seen);
    return rc;
}
