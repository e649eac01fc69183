/* actions.h: what the verbs do. */
#ifndef COMMAND_ACTIONS_H
#define COMMAND_ACTIONS_H

#include "arguments.h"

int run_fit(const verb *self, arguments *given, persona_error *error);
/* The answers of a model to a table: the verb of its kind. */
int run_answer(const verb *self, arguments *given, persona_error *error);
int run_evaluate(const verb *self, arguments *given, persona_error *error);
int run_import(const verb *self, arguments *given, persona_error *error);
int run_show(const verb *self, arguments *given, persona_error *error);
int run_report(const verb *self, arguments *given, persona_error *error);
int run_schema(const verb *self, arguments *given, persona_error *error);
int run_version(const verb *self, arguments *given, persona_error *error);

#endif
