/* input.h: options, tables and models that a command line names. */
#ifndef COMMAND_INPUT_H
#define COMMAND_INPUT_H

#include "persona.h"

typedef struct arguments {
    char **words; /* in order, without options */
    int word_count;
    char **options; /* "name=value" */
    int option_count;
    char **links; /* "COLUMN=OTHER.csv:KEY" */
    int link_count;
    const char *output;
    int help;
} arguments;

/* csv.NAME and load.NAME say how files are read; names without prefix are the verb's. */
typedef enum option_kind { OPTION_CSV = 1, OPTION_LOAD, OPTION_OWN } option_kind;
enum { OPTION_FAMILIES = 3 };
option_kind option_family(const char *option);
/* The options of one family among those given, as params of its schema. */
int options_read(persona_params **out, const arguments *given, option_kind family,
                 const char *schema, persona_error *error);
/* The verb's own options: those that `first` knows, and the others as params of `rest`. */
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
