/* params.h: options by name. Each call that takes options names its schema; a schema is a
 * table that bindings, the command and the docs walk. Names are dotted where they belong
 * to a part ("csv": separator; "segmenter.fit": weight.<column>).
 *
 * Schemas: "csv", "model.load", "segmenter.fit", "segmenter.query",
 * "fraud_scorer.fit", "fraud_scorer.query", "fraud_scorer.evaluate",
 * "fraud_scorer.import". */
#ifndef PERSONA_PARAMS_H
#define PERSONA_PARAMS_H

#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

PERSONA_API int persona_params_new(persona_params **out, const char *schema,
                                   persona_error *error);
PERSONA_API void persona_params_free(persona_params *params);

/* An unknown name, a value of the wrong type or out of bounds is PERSONA_EOPTION with the
 * nearest name or the bounds in the message. Setting again replaces. */
PERSONA_API int persona_params_set_int(persona_params *params, const char *name,
                                       int64_t value, persona_error *error);
PERSONA_API int persona_params_set_real(persona_params *params, const char *name,
                                        double value, persona_error *error);
/* Any option can be set from text: "6", "0.5", "auto", "log1p", "recency,monetary". */
PERSONA_API int persona_params_set_text(persona_params *params, const char *name,
                                        const char *text, int64_t length,
                                        persona_error *error);
/* Several at once: "k=6 seed=1 features='recency,total spend'". Values with blanks stand
 * in single or double quotes; a quote inside is doubled. All or none are set. */
PERSONA_API int persona_params_parse(persona_params *params, const char *text,
                                     persona_error *error);
/* The options of a schema as a table: name, type, default, min, max, choices, unit, doc,
 * since. A name that ends in ".*" is a family with a free key. */
PERSONA_API int persona_params_schema(persona_table **out, const char *schema,
                                      persona_error *error);

#ifdef __cplusplus
}
#endif
#endif
