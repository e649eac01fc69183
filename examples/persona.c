/* persona.c: the library from the command line, over its public functions only.
 *
 * Two tables drive it: command/verbs.c (what one can type) and command/command_kinds.c
 * (what can be fitted); report/report.c has the pages. Tables come in as CSV and go out
 * as CSV on standard output; errors are one line on standard error. Exit: 0, 1 error, 2
 * usage. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "persona.h"
#include "command/arguments.h"
#include "command/stream.h"
#include "command/verbs.h"

static void print_help(FILE *out, const verb *one)
{
    if (one != NULL) {
        char list[160];
        const char *kinds_here = strstr(one->help, "%s");
        const int before = (int)(kinds_here ? kinds_here - one->help : 0);
        fprintf(out, "usage: persona %s %s\n\n", one->name, one->synopsis);
        if (kinds_here != NULL)
            fprintf(out, "%.*s%s", before, one->help,
                    kind_list(list, sizeof list, one->kinds));
        fputs(kinds_here ? kinds_here + 2 : one->help, out);
        return;
    }
    fprintf(out,
            "Machine learning for shops: a table in, a model out, answers from it.\n\n");
    for (const verb *v = verbs; v->name != NULL; v++)
        fprintf(out, "  persona %s%s%s\n", v->name, *v->synopsis ? " " : "", v->synopsis);
    fprintf(
        out,
        "\nTables are CSV, also gzipped; - is standard input. Results are CSV on\n"
        "standard output. Options csv.NAME=VALUE say how CSV is read, load.NAME=VALUE\n"
        "how a model is. `persona VERB --help` tells more about a verb.\n"
        "Exit status: 0, 1 an error (one line on standard error), 2 a wrong command.\n");
}

static int run(const verb *chosen, int argc, char **argv, persona_error *error)
{
    char **room = calloc((size_t)argc * 3 + 3, sizeof *room);
    arguments given = {
        .words = room, .options = room + argc + 1, .links = room + 2 * argc + 2};
    int rc = room == NULL ? fail(error, PERSONA_ENOMEM, "out of memory")
                          : arguments_read(&given, chosen, argv, error);
    if (rc == PERSONA_OK && given.help)
        print_help(stdout, chosen);
    else if (rc == PERSONA_OK)
        rc = chosen->run(chosen, &given, error);
    free(room);
    if (rc == PERSONA_OK && (fflush(stdout) != 0 || ferror(stdout)))
        rc = fail_write(error, "standard output");
    return rc;
}

int main(int argc, char **argv)
{
    persona_error error = {0};
    const verb *chosen = NULL;
    int rc;
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is a write error like any other */
    for (const verb *v = verbs; argc > 1 && v->name != NULL; v++)
        if (strcmp(argv[1], v->name) == 0) chosen = v;
    if (chosen == NULL) {
        int asked = argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") ||
                                 !strcmp(argv[1], "help"));
        if (argc > 1 && !asked)
            fprintf(stderr, "persona: no verb '%s'\n", argv[1]);
        else
            print_help(asked ? stdout : stderr, NULL);
        return asked ? 0 : 2;
    }
    rc = run(chosen, argc, argv + 2, &error);
    if (rc == PERSONA_OK) return 0;
    if (error.message[0] != '\0') fprintf(stderr, "persona: %s\n", error.message);
    return rc == USAGE ? 2 : 1;
}
