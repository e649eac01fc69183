/* Every kind of model that this build can load. */
#include "shop/model.h"
#include "shop/segment/segment.h"

const psn_kind *const psn_kinds[] = {&psn_segment_kind, NULL};
