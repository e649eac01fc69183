/* stream.h: errors, standard input and standard output of the command. */
#ifndef COMMAND_STREAM_H
#define COMMAND_STREAM_H

#include <stdio.h>
#include "persona.h"

enum { USAGE = 1 }; /* a wrong command line; the library's codes are negative */

/* Fills the error and returns its code. */
int fail(persona_error *error, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A failed write to `name`, from errno; the message of a closed pipe is empty. */
int fail_write(persona_error *error, const char *name);
/* *out is malloc'd. */
int read_all(FILE *in, char **out, size_t *size, persona_error *error);
int write_all(FILE *out, const char *name, const void *bytes, int64_t size,
              persona_error *error);
int print_table(const persona_table *table, persona_error *error); /* as CSV */
void print_json(const char *json);                                 /* indented */

/* The rows of a schema as rows of a Markdown table: option, type, default, allowed, unit,
 * what it does. */
void print_options(const persona_table *schema);

#endif
