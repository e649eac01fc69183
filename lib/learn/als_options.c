/* als_options.c: the options of iALS: defaults, checks, and weights by density.
 *
 * With D = weights / (users x items), unobserved = share D makes all unseen pairs
 * together `share` times as heavy as what was seen, and regularization = ridge / (1 +
 * share) makes the ridge of an average user `ridge` times its weights. In these two
 * numbers the best settings of sparse and dense data agree, which in the other two differ
 * by a factor of 100. */
#include "learn/als_options.h"

#include <math.h>
#include "base/error.h"

enum { ALS_MOST_FACTORS = 4096 };
static const double ALS_SHARE = 10.0, ALS_RIDGE = 0.1;

void psn_als_defaults(psn_als_options *options)
{
    *options = (psn_als_options){
        .factors = 128,
        .iterations = 8,
        .unobserved = -1.0,
        .regularization = -1.0,
        .frequency = 1.0,
        .solver = PSN_ALS_AUTO,
        .cg_steps = 3,
        .block = 64,
        .seed = 0,
    };
}

static double als_density(const psn_sparse *profile)
{
    const int64_t entries = profile->start[profile->rows];
    double sum = profile->value == NULL ? (double)entries : 0.0;
    for (int64_t i = 0; i < entries && profile->value != NULL; i++)
        sum += (double)profile->value[i];
    const double pairs = (double)profile->rows * (double)profile->columns;
    return sum > 0.0 ? sum / pairs : 1.0;
}

/* Chosen by NDCG on validation parts of data sets with density 7e-4 to 0.13 (Gowalla,
 * ML-1M, Beauty, Tmall with weighted kinds): share 10 and ridge 0.1 are within 4 % of the
 * best of share 3 .. 100 and ridge .02 .. .4 on each of them. */
void psn_als_scale(psn_als_options *options, const psn_sparse *profile, double share,
                   double ridge)
{
    options->unobserved = share * als_density(profile);
    options->regularization = ridge / (1.0 + share);
}

static void als_density_weights(psn_als_options *options, const psn_sparse *profile)
{
    const double unobserved = options->unobserved, ridge = options->regularization;
    const double share = unobserved < 0.0 ? ALS_SHARE : unobserved / als_density(profile);
    psn_als_scale(options, profile, share, ALS_RIDGE);
    if (unobserved >= 0.0) options->unobserved = unobserved;
    if (ridge >= 0.0) options->regularization = ridge;
}

static int als_check_options(const psn_als_options *o, persona_error *error)
{
    int rc = PERSONA_OK;
    if (o->factors < 1 || o->factors > ALS_MOST_FACTORS)
        PSN_FAIL(error, PERSONA_EOPTION, "factors must be 1 to %d", ALS_MOST_FACTORS);
    if (o->iterations < 1)
        PSN_FAIL(error, PERSONA_EOPTION, "iterations must be at least 1");
    if (!isfinite(o->unobserved) || !isfinite(o->regularization))
        PSN_FAIL(error, PERSONA_EOPTION, "unobserved and regularization must be finite");
    if (o->unobserved == 0.0 && o->regularization == 0.0)
        PSN_FAIL(error, PERSONA_EOPTION,
                 "unobserved and regularization must not both be 0");
    if (!(o->frequency >= 0.0 && o->frequency <= 1.0))
        PSN_FAIL(error, PERSONA_EOPTION, "frequency must be 0 to 1");
    if (o->solver < PSN_ALS_AUTO || o->solver > PSN_ALS_BLOCKS)
        PSN_FAIL(error, PERSONA_EOPTION, "solver must be auto, cholesky, cg or blocks");
    if (o->cg_steps < 1) PSN_FAIL(error, PERSONA_EOPTION, "cg_steps must be at least 1");
    if (o->block < 1 || o->block > ALS_MOST_FACTORS)
        PSN_FAIL(error, PERSONA_EOPTION, "block must be 1 to %d", ALS_MOST_FACTORS);
done:
    return rc;
}

static int als_check_profile(const psn_sparse *profile, persona_error *error)
{
    if (profile->rows > INT32_MAX)
        return psn_fail(error, PERSONA_ELIMIT, "more than 2147483647 users");
    if (profile->value == NULL) return PERSONA_OK;
    const int64_t entries = profile->start[profile->rows];
    for (int64_t i = 0; i < entries; i++) {
        if (profile->value[i] >= 0.0f && isfinite(profile->value[i])) continue;
        return psn_fail(error, PERSONA_EDATA,
                        "weights of events must be finite and not negative");
    }
    return PERSONA_OK;
}

int psn_als_resolve(psn_als_options *options, const psn_sparse *profile,
                    persona_error *error)
{
    int rc;
    PSN_TRY(als_check_options(options, error));
    PSN_TRY(als_check_profile(profile, error));
    als_density_weights(options, profile);
done:
    return rc;
}
