/* report.h: one self-contained HTML page about a model. One function for each kind. */
#ifndef PERSONA_REPORT_H
#define PERSONA_REPORT_H

#include <stdio.h>
#include "persona.h"

/* answers: what assign_table said about a table, or NULL. Write errors show in
 * ferror(out). */
int report_segmenter(FILE *out, const persona_model *model, const persona_table *answers,
                     persona_error *error);

/* answers: what score_table said about a table, or NULL. */
int report_fraud(FILE *out, const persona_model *model, const persona_table *answers,
                 persona_error *error);

#endif
