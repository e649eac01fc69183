/* arguments.h: what can be typed, and what was. */
#ifndef COMMAND_ARGUMENTS_H
#define COMMAND_ARGUMENTS_H

#include "persona.h"
#include "command_kinds.h"

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
const char *option_prefix(option_kind family); /* "csv.", "" */
typedef struct verb {
    const char *name, *synopsis, *help; /* %s in the help: names of kinds */
    kind_ability kinds;                 /* which */
    int least, most;                    /* arguments */
    int needs_output, takes_links;
    int takes[OPTION_FAMILIES]; /* families of options, 0 ends */
    int (*run)(const struct verb *verb, arguments *given, persona_error *error);
} verb;

/* Sorts argv (ended by NULL) into `given`, whose lists have room, and checks it. */
int arguments_read(arguments *given, const verb *chosen, char **argv,
                   persona_error *error);

#endif
