/* segment_fit_names.c: a name for every segment, from what sets it apart.
 *
 * Where recency, frequency and worth are known (a log's features, or columns named like
 * them), each segment fits kinds of customers more or less. The best pairs of segment and
 * kind are given out first, each kind once, unless a segment fits its second choice much
 * worse (under 0.6 of its best): then it shares the kind and says what tells it from the
 * other, "Bargain hunters, small baskets". A segment that fits no kind, and every segment
 * of other data, is called by the two features that set it apart most, in the order of
 * the columns: "High income, low age". Segments that would be called the same say how
 * much, "Very high income, low age"; what is the same even then is numbered from 2.
 *
 * A key is for translators: the kind, or "apart", then +high:<feature>, +very_high:,
 * +low: or +very_low:, then +<number>. */
#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "shop/segment/segment_fit_names.h"

#include <math.h>
#include <string.h>

/* Best pairs first, each kind once; ties to the first segment. */
static void names_give(psn_names_work *work)
{
    int used[NAMES_KINDS] = {0};
    for (;;) {
        int32_t segment = -1;
        int kind = -1;
        double best = 0;
        for (int32_t c = 0; c < work->k; c++)
            for (int n = 0; work->kind[c] < 0 && n < NAMES_KINDS; n++) {
                const double score = work->score[(size_t)c * NAMES_KINDS + (size_t)n];
                if (used[n] || !(score > best)) continue;
                best = score;
                segment = c;
                kind = n;
            }
        if (segment < 0) return;
        work->kind[segment] = kind;
        used[kind] = 1;
    }
}

static char *names_at(char *list, int32_t segment)
{
    return list + (size_t)segment * PSN_FIT_NAME;
}

/* A column's name as words: "AnnualIncome_k" -> "annual income k"; a level stays as it
 * is. */
static void names_words(char *out, size_t capacity, const char *label)
{
    size_t used = 0;
    int level = 0;
    for (const char *at = label; *at && used + 2 < capacity; at++) {
        const int upper = *at >= 'A' && *at <= 'Z';
        const int lower_before = at > label && at[-1] >= 'a' && at[-1] <= 'z';
        const int lower_after = at[1] >= 'a' && at[1] <= 'z';
        if (level) {
            out[used++] = *at;
        } else if (*at == '_' || *at == '=') {
            out[used++] = ' ';
            level = *at == '=';
        } else {
            if (upper && lower_before) out[used++] = ' ';
            out[used++] =
                upper && (lower_before || lower_after) ? (char)(*at - 'A' + 'a') : *at;
        }
    }
    out[used] = 0;
}

/* How far a segment is from everybody. */
typedef enum names_grade { NAMES_PLAIN, NAMES_VERY } names_grade;

/* "large baskets", "high income", "very high income", "education PhD". */
static void names_phrase(char *out, size_t capacity, const psn_names_work *work,
                         int64_t f, int high, names_grade grade)
{
    const psn_fit_feature *feature = work->stats->feature + f;
    for (int c = 0; work->known && c < NAMES_CONCEPTS; c++)
        if (work->feature[c] == f) {
            psn_format(out, capacity, "%s%s", grade == NAMES_VERY ? "very " : "",
                       high ? psn_names_concepts[c].high : psn_names_concepts[c].low);
            return;
        }
    size_t used = 0;
    if (feature->level >= 0)
        used = psn_format(out, capacity, "%s", high ? "" : "not ");
    else
        used = psn_format(out, capacity, "%s%s", grade == NAMES_VERY ? "very " : "",
                          high ? "high " : "low ");
    names_words(out + used, capacity - used, feature->label);
}

static void names_add(psn_names_work *work, int32_t segment, int64_t f, names_grade grade)
{
    char phrase[PSN_FIT_NAME];
    char *key = names_at(work->key, segment), *name = names_at(work->name, segment);
    const int high = work->stats->feature[f].lift[segment] > 0;
    names_phrase(phrase, sizeof phrase, work, f, high, grade);
    size_t used = strlen(name);
    psn_format(name + used, PSN_FIT_NAME - used, "%s%s", used > 0 ? ", " : "", phrase);
    used = strlen(key);
    psn_format(key + used, PSN_FIT_NAME - used, "+%s%s:%s",
               grade == NAMES_VERY ? "very_" : "", high ? "high" : "low",
               work->stats->feature[f].label);
}

/* The grouping feature that sets a segment apart most, beside `other`; -1 = none does. */
static int64_t names_most_apart(const psn_names_work *work, int32_t segment,
                                int64_t other)
{
    int64_t best = -1;
    for (int64_t f = 0; f < work->stats->features; f++) {
        const psn_fit_feature *feature = work->stats->feature + f;
        const double size = fabs(feature->lift[segment]);
        if (feature->input < 0 || !(size >= NAMES_MATTERS) || f == other) continue;
        if (other >= 0 && feature->level >= 0 &&
            work->stats->feature[other].input == feature->input)
            continue; /* another level of the same text says the same */
        if (best < 0 || size > fabs(work->stats->feature[best].lift[segment])) best = f;
    }
    return best;
}

/* The one or two grouping features that set a segment apart most. */
static void names_apart(psn_names_work *work, int32_t segment, int graded)
{
    const int64_t first = names_most_apart(work, segment, -1);
    const int64_t second = first < 0 ? -1 : names_most_apart(work, segment, first);
    char *name = names_at(work->name, segment), *key = names_at(work->key, segment);
    name[0] = 0;
    psn_format(key, PSN_FIT_NAME, "%s", first < 0 ? "average" : "apart");
    if (first < 0) psn_format(name, PSN_FIT_NAME, "Average customers");
    for (int64_t f = 0; f < work->stats->features; f++) {
        if (f != first && f != second) continue;
        const double size = fabs(work->stats->feature[f].lift[segment]);
        names_add(work, segment, f,
                  graded && size >= NAMES_FAR ? NAMES_VERY : NAMES_PLAIN);
    }
    if (*name >= 'a' && *name <= 'z') *name = (char)(*name - 'a' + 'A');
}

static int names_taken(const psn_names_work *work, int32_t segment)
{
    for (int32_t c = 0; c < work->k; c++)
        if (c != segment &&
            strcmp(names_at(work->name, c), names_at(work->name, segment)) == 0)
            return 1;
    return 0;
}

/* What tells a segment from the one that has its kind: of the features in which it is far
 * from everybody, on that side of the other, the largest difference. Not what the kind is
 * about. */
static int64_t names_difference(const psn_names_work *work, int kind, int32_t segment,
                                int32_t holder)
{
    int64_t best = -1;
    double most = 0;
    for (int64_t f = 0; f < work->stats->features; f++) {
        const psn_fit_feature *feature = work->stats->feature + f;
        const double lift = feature->lift[segment];
        const double further =
            lift > 0 ? lift - feature->lift[holder] : feature->lift[holder] - lift;
        if (feature->input < 0 || !(fabs(lift) >= NAMES_MATTERS) || !(further > most) ||
            f == work->feature[psn_names_kinds[kind].limit[0].concept])
            continue;
        most = further;
        best = f;
    }
    return best;
}

static void names_share(psn_names_work *work, int32_t segment)
{
    const double *score = work->score + (size_t)segment * NAMES_KINDS;
    int kind = -1;
    int32_t holder = 0;
    for (int n = 0; n < NAMES_KINDS; n++)
        if (!isnan(score[n]) && (kind < 0 || score[n] > score[kind])) kind = n;
    while (holder < work->k && (kind < 0 || work->kind[holder] != kind)) holder++;
    const int64_t best =
        holder < work->k ? names_difference(work, kind, segment, holder) : -1;
    if (best < 0) {
        names_apart(work, segment, 0);
        return;
    }
    psn_format(names_at(work->key, segment), PSN_FIT_NAME, "%s",
               psn_names_kinds[kind].key);
    psn_format(names_at(work->name, segment), PSN_FIT_NAME, "%s",
               psn_names_kinds[kind].name);
    names_add(work, segment, best, NAMES_PLAIN);
}

/* Segments called the same by what sets them apart say how much. */
static void names_grade_equal(psn_names_work *work)
{
    for (int32_t c = 0; c < work->k; c++)
        work->equal[c] =
            strncmp(names_at(work->key, c), "apart", 5) == 0 && names_taken(work, c);
    for (int32_t c = 0; c < work->k; c++)
        if (work->equal[c]) names_apart(work, c, 1);
}

/* When all else is equal: a number, from the last so that every name before is still
 * without one. */
static void names_number(psn_names_work *work)
{
    for (int32_t c = work->k - 1; c > 0; c--) {
        char *name = names_at(work->name, c), *key = names_at(work->key, c);
        int number = 1;
        for (int32_t other = 0; other < c; other++)
            number += strcmp(names_at(work->name, other), name) == 0;
        if (number == 1) continue;
        name[PSN_FIT_NAME - 16] = 0;
        key[PSN_FIT_NAME - 16] = 0;
        psn_format(name + strlen(name), 16, " (%d)", number);
        psn_format(key + strlen(key), 16, "+%d", number);
    }
}

static int names_override(psn_names_work *work, persona_error *error)
{
    const char *key, *value;
    for (size_t i = 0;
         (key = psn_params_member(work->fit->params, "name.*", i, &value)) != NULL; i++) {
        int64_t segment;
        if (!psn_parse_int(key, strlen(key), &segment) || segment < 0 ||
            segment >= work->k)
            return psn_fail(error, PERSONA_EOPTION,
                            "name.%.40s: must be the number of a segment, 0 to %d", key,
                            work->k - 1);
        if (value[0] == 0 || strlen(value) >= PSN_FIT_NAME)
            return psn_fail(error, PERSONA_EOPTION, "name.%s: must be 1 to %d bytes", key,
                            PSN_FIT_NAME - 1);
        psn_format(names_at(work->name, (int32_t)segment), PSN_FIT_NAME, "%s", value);
        if (names_taken(work, (int32_t)segment))
            return psn_fail(error, PERSONA_EOPTION,
                            "name.%s: is the name of another segment", key);
    }
    return PERSONA_OK;
}

int psn_fit_names(char *key, char *name, const psn_fit_stats *stats, const psn_fit *fit,
                  persona_error *error)
{
    int rc = PERSONA_OK;
    const size_t k = (size_t)fit->model->k;
    psn_names_work work = {
        .stats = stats, .fit = fit, .k = fit->model->k, .key = key, .name = name};
    memset(key, 0, k * PSN_FIT_NAME);
    memset(name, 0, k * PSN_FIT_NAME);
    PSN_NEED(work.score = psn_alloc(k, NAMES_KINDS * sizeof(double)));
    PSN_NEED(work.kind = psn_alloc(k, sizeof *work.kind));
    PSN_NEED(work.equal = psn_alloc(k, sizeof *work.equal));
    for (size_t c = 0; c < k; c++) work.kind[c] = -1;
    psn_names_find(&work);
    if (work.known) {
        psn_names_score(&work);
        names_give(&work);
    }
    for (int32_t c = 0; c < work.k; c++) {
        const int kind = work.kind[c];
        if (work.k == 1) {
            psn_format(names_at(key, c), PSN_FIT_NAME, "all");
            psn_format(names_at(name, c), PSN_FIT_NAME, "All customers");
        } else if (kind >= 0) {
            psn_format(names_at(key, c), PSN_FIT_NAME, "%s", psn_names_kinds[kind].key);
            psn_format(names_at(name, c), PSN_FIT_NAME, "%s", psn_names_kinds[kind].name);
        } else if (work.known) {
            names_share(&work, c);
        } else {
            names_apart(&work, c, 0);
        }
    }
    names_grade_equal(&work);
    names_number(&work);
    rc = names_override(&work, error);
done:
    psn_release(work.score);
    psn_release(work.kind);
    psn_release(work.equal);
    return rc;
}
