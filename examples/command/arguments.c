/* arguments.c: the words of a command line, sorted and checked. */
#include <string.h>
#include "arguments.h"
#include "stream.h"

static const char *const prefixes[] = {
    [OPTION_CSV] = "csv.", [OPTION_LOAD] = "load.", [OPTION_OWN] = ""};

option_kind option_family(const char *option)
{
    for (option_kind i = OPTION_CSV; i < OPTION_OWN; i++)
        if (strncmp(option, prefixes[i], strlen(prefixes[i])) == 0) return i;
    return OPTION_OWN;
}

const char *option_prefix(option_kind family)
{
    return prefixes[family];
}

/* name=value, where name could be an option: so ./a=b.csv is a file. */
static int is_option(const char *word)
{
    size_t name = strcspn(word, "=");
    return word[name] == '=' && name > 0 && strcspn(word, "/\\") > name;
}

static int takes_option(const verb *chosen, const char *option)
{
    for (int i = 0; i < OPTION_FAMILIES && chosen->takes[i] != 0; i++)
        if (chosen->takes[i] == (int)option_family(option)) return 1;
    return 0;
}

/* Nobody means two values for one name: the last must not win in silence. */
static int check_repeats(const arguments *given, persona_error *error)
{
    for (int i = 0; i < given->option_count; i++) {
        int length = (int)strcspn(given->options[i], "=") + 1;
        for (int j = 0; j < i; j++)
            if (strncmp(given->options[i], given->options[j], (size_t)length) == 0)
                return fail(error, PERSONA_EOPTION, "option \"%.*s\" is given twice",
                            length - 1, given->options[i]);
    }
    return PERSONA_OK;
}

int arguments_read(arguments *given, const verb *chosen, char **argv,
                   persona_error *error)
{
    for (; *argv != NULL; argv++) {
        if (strcmp(*argv, "--help") == 0 || strcmp(*argv, "-h") == 0)
            given->help = 1;
        else if (strcmp(*argv, "-o") == 0 && given->output != NULL)
            return fail(error, PERSONA_EOPTION, "-o is given twice");
        else if (strcmp(*argv, "-o") == 0 && argv[1] != NULL)
            given->output = *++argv;
        else if (strcmp(*argv, "--link") == 0 && argv[1] != NULL)
            given->links[given->link_count++] = *++argv;
        else if (argv[0][0] == '-' && argv[0][1] != '\0')
            return fail(error, USAGE, "unknown or incomplete '%s'", *argv);
        else if (is_option(*argv))
            given->options[given->option_count++] = *argv;
        else
            given->words[given->word_count++] = *argv;
    }
    if (given->help) return PERSONA_OK;
    if (given->word_count < chosen->least || given->word_count > chosen->most)
        return fail(error, USAGE, "%s takes: %s", chosen->name,
                    *chosen->synopsis ? chosen->synopsis : "nothing");
    if (chosen->needs_output != (given->output != NULL))
        return fail(error, USAGE, "%s %s", chosen->name,
                    chosen->needs_output ? "needs -o FILE" : "takes no -o");
    if (given->link_count > 0 && !chosen->takes_links)
        return fail(error, USAGE, "%s takes no --link", chosen->name);
    for (int i = 0; i < given->option_count; i++)
        if (!takes_option(chosen, given->options[i]))
            return fail(error, USAGE, "%s takes no option '%s'", chosen->name,
                        given->options[i]);
    return check_repeats(given, error);
}
