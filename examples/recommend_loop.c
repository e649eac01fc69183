/* recommend_loop.c: a service in one process: a line of input is a visitor, a line of
 * output his recommendations. When the nightly job replaces the model file, the next
 * line is answered by the new one: persona_model_open looks, and costs one stat where
 * nothing changed.
 *
 *     recommend_loop MODEL.persona     reads: USER [ITEM ...], what he looked at, the
 * last last */
#include <stdio.h>
#include <string.h>
#include "persona.h"

enum { MOST = 1000, SHOWN = 10 };

static int answer(persona_query *query, const persona_recommender *model, char *line,
                  persona_error *error)
{
    int64_t items[MOST], count = 0, length;
    const char *user = strtok(line, " \t\r\n");
    for (const char *id; count < MOST && (id = strtok(NULL, " \t\r\n"));)
        items[count++] = persona_recommender_item(model, id, PERSONA_NUL);
    if (persona_query_user(query, user ? user : "", PERSONA_NUL, NULL, error) ||
        persona_query_items(query, PERSONA_HISTORY, items, count, error) ||
        persona_recommender_run(query, SHOWN, NULL, NULL, NULL, NULL, error))
        return 1;
    for (const char *id = persona_query_ids(query, &length); *id; id++)
        putchar(*id == '\n' ? ' ' : *id);
    return puts("") == EOF || fflush(stdout) == EOF;
}

int main(int argc, char **argv)
{
    persona_error error = {0};
    persona_model *model = NULL, *newer = NULL;
    persona_query *query = NULL;
    char line[1 << 16];
    int failed = argc != 2;
    while (!failed && fgets(line, sizeof line, stdin)) {
        failed = persona_model_open(&newer, argv[1], NULL, &error);
        if (failed && model != NULL) failed = 0, newer = NULL; /* serve the old one */
        if (newer != NULL && newer != model) {
            persona_query_free(query); /* it held the old model */
            failed = persona_recommender_prepare(&query, persona_model_recommender(newer),
                                                 NULL, &error);
            persona_model_free(model);
            model = newer;
        } else {
            persona_model_free(newer); /* one more reference to the same */
        }
        if (!failed)
            failed = answer(query, persona_model_recommender(model), line, &error);
    }
    if (failed)
        fprintf(stderr, "recommend_loop: %s\n",
                argc == 2 ? error.message : "needs MODEL");
    persona_query_free(query);
    persona_model_free(model);
    return failed;
}
