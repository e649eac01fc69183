/* als_options.h: the options of a fit, checked and without "automatic" ones. */
#ifndef PSN_LEARN_ALS_OPTIONS_H
#define PSN_LEARN_ALS_OPTIONS_H

#include "learn/als.h"

int psn_als_resolve(psn_als_options *options, const psn_sparse *profile,
                    persona_error *error);

#endif
