/* input.h: options, tables and models that a command line names. */
#ifndef COMMAND_INPUT_H
#define COMMAND_INPUT_H

#include "arguments.h"
#include "persona.h"

/* The options of one family among those given, as params of its schema. */
int options_read(persona_params **out, const arguments *given, option_kind family,
                 const char *schema, persona_error *error);
/* The verb's own options: those that `first` knows, and the others as params of `rest`.
 */
int options_split(persona_params **out_first, persona_params **out_rest,
                  const arguments *given, const char *first, const char *rest,
                  persona_error *error);
/* A path of "-" is standard input or output. */
int table_read(persona_table **out, const char *path, const arguments *given,
               persona_error *error);
int table_link(persona_table *table, char *link, const arguments *given,
               persona_error *error);
int model_read(persona_model **out, const char *path, const arguments *given,
               persona_error *error);
int model_write(const persona_model *model, const char *path, persona_error *error);

#endif
