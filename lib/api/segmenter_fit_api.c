/* Fitting a segmenter, apart from asking one: the library of queries alone is built
 * without this file and the learners below it. */
#include "persona/segmenter.h"

#include "api/check.h"
#include "shop/segment/segment.h"

int persona_segmenter_fit(persona_segmenter **out, const persona_table *table,
                          const persona_params *fit, persona_task *task,
                          persona_error *error)
{
    PSN_API_OUT(out);
    PSN_API_NEED(table);
    return psn_segment_fit(out, table, fit, task, error);
}
