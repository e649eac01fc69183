/* report.h: one self-contained HTML page about a model. */
#ifndef PERSONA_REPORT_H
#define PERSONA_REPORT_H

#include <stdio.h>
#include "persona.h"

/* answers: what the model said about a table, or NULL. PERSONA_EKIND where its kind has
 * no page. Write errors show in ferror(out). */
int report(FILE *out, const persona_model *model, const persona_table *answers,
           persona_error *error);

#endif
