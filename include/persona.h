/* persona.h: machine learning for shops, inside the shop's own process.
 *
 * The umbrella over the topic headers, each of which can be read and included alone. The
 * rules that all of them follow stand at the head of persona/types.h. */
#ifndef PERSONA_H
#define PERSONA_H

#include "persona/types.h"

#include "persona/base.h"
#include "persona/fraud_scorer.h"
#include "persona/model.h"
#include "persona/params.h"
#include "persona/recommender.h"
#include "persona/segmenter.h"
#include "persona/table.h"

#endif
