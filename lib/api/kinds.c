/* Every kind of model that this build can load. */
#include "shop/fraud/fraud.h"
#include "shop/model.h"
#include "shop/recommend/recommend.h"
#include "shop/segment/segment.h"

const psn_kind *const psn_kinds[] = {&psn_segment_kind, &psn_fraud_kind,
                                     &psn_recommend_kind, NULL};
