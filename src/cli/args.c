/* Taking command lines apart, and help. */
#include "cli/verb.h"

#include "base/conf.h"
#include "base/host.h"
#include "base/log.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

Err unknown_word(const char *what, const char *word, const char *const *words)
{
    const char *closest = conf_closest(word, words);
    if (closest)
        FAIL(STATUS_USER, "unknown %s \"%s\"; did you mean \"%s\"?", what, word, closest);
    FAIL(STATUS_USER, "unknown %s \"%s\"; `lockstep -h` lists what there is", what, word);
}

static Err find_option(const Verb *verb, const char *word, const Option **option)
{
    const char *names[ARGS_MOST] = {0};
    int count = 0;
    for (const Option *o = verb->accepted; o && o->name; o++) {
        names[count++] = o->name;
        if (strcmp(o->name, word) == 0) {
            *option = o;
            return NULL;
        }
    }
    return unknown_word("option", word, names);
}

static Err add_option(Args *args, const Verb *verb, int argc, char *const *argv, int *at)
{
    const Option *option;
    TRY(find_option(verb, argv[*at], &option));
    const char *value = option->name;
    if (option->value) {
        if (*at + 1 >= argc)
            FAIL(STATUS_USER, "%s wants %s", option->name, option->value);
        value = argv[++*at];
    }
    args->option[args->options] = option;
    args->value[args->options++] = value;
    return NULL;
}

/* ---- the ranks' command lines ---- */

/* Between the words of a command line that is sent as one text. */
enum { BETWEEN = '\037' };

static const char *join(int argc, char *const *argv, Arena *arena)
{
    const char *line = "";
    for (int i = 1; i < argc; i++)
        line = arena_text(arena, "%s%s%c", line, argv[i], BETWEEN);
    return line;
}

static char **split(const char *line, int *argc, Arena *arena)
{
    char *rest = arena_text(arena, "%s", line), *end;
    char **argv = arena_take(arena, (int64_t)strlen(line) + 2, sizeof *argv);
    argv[0] = "lockstep";
    for (*argc = 1; (end = strchr(rest, BETWEEN)) != NULL; rest = end + 1) {
        *end = '\0';
        argv[(*argc)++] = rest;
    }
    return argv;
}

/* The first word that is another one than rank 0's. */
static Err compare(const Comm *world, int argc, char *const *argv, int first_argc,
                   char *const *first)
{
    char host[HOST_NAME];
    int i = 1;
    while (i < argc && i < first_argc && strcmp(argv[i], first[i]) == 0)
        i++;
    if (i == argc && i == first_argc)
        return NULL;
    host_name(host, sizeof host);
    FAIL(STATUS_USER, "rank %d on %s was started with \"%s\" where rank 0 has \"%s\"", world->rank,
         host, i < argc ? argv[i] : "", i < first_argc ? first[i] : "");
}

const char *args_difference(const Comm *world, int *argc, char ***argv, Arena *arena)
{
    int first_argc;
    const char *line =
        comm_broadcast_text(world, world->rank == 0 ? join(*argc, *argv, arena) : NULL, arena);
    char **first = split(line, &first_argc, arena);
    Err err = comm_agree(world, compare(world, *argc, *argv, first_argc, first));
    if (!err)
        return NULL;
    const char *text = arena_text(arena, "%s", err_text(err));
    err_free(err);
    *argc = first_argc;
    *argv = first;
    return text;
}

static bool asks_for_help(const char *word)
{
    return strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0;
}

Err args_parse(Args *args, const Verb *verb, int argc, char *const *argv)
{
    *args = (Args){0};
    if (argc > ARGS_MOST)
        FAIL(STATUS_USER, "more than %d words on the command line", ARGS_MOST);
    for (int i = 0; i < argc; i++) {
        bool help = asks_for_help(argv[i]);
        args->help |= help && (!verb->raw || i == 0);
        if (verb->raw || argv[i][0] != '-' || argv[i][1] == '\0')
            args->positional[args->count++] = argv[i];
        else if (!help)
            TRY(add_option(args, verb, argc, argv, &i));
    }
    if (!args->help && (args->count < verb->least || args->count > verb->most))
        FAIL(STATUS_USER, "usage: lockstep %s %s", verb->name, verb->arguments);
    return NULL;
}

const char *args_value(const Args *args, const char *name)
{
    const char *value = NULL;
    for (int i = 0; i < args->options; i++)
        if (strcmp(args->option[i]->name, name) == 0)
            value = args->value[i];
    return value;
}

int args_values(const Args *args, const char *name, const char **values)
{
    int count = 0;
    for (int i = 0; i < args->options; i++)
        if (strcmp(args->option[i]->name, name) == 0)
            values[count++] = args->value[i];
    return count;
}

Err args_int(const Args *args, const char *name, int64_t fallback, int64_t *value)
{
    const char *text = args_value(args, name);
    char *end;
    *value = fallback;
    if (!text)
        return NULL;
    *value = strtoll(text, &end, 10);
    if (*end || end == text || *value < 0)
        FAIL(STATUS_USER, "%s wants a whole number, found \"%s\"", name, text);
    return NULL;
}

const char *args_list(const char *text, int64_t least, int64_t most, int64_t *numbers, int *count)
{
    char *end;
    for (*count = 0; *text; text = *end ? end + 1 : end) {
        int64_t number = strtoll(text, &end, 10);
        bool digits = *text >= '0' && *text <= '9', ends = !*end || *end == ',';
        if (!digits || !ends || number < least || number > most || *count == ARGS_MOST)
            return text;
        numbers[(*count)++] = number;
    }
    return NULL;
}

Err args_positive(const Args *args, const char *name, double fallback, double *value)
{
    const char *text = args_value(args, name);
    char *end;
    *value = fallback;
    if (!text)
        return NULL;
    *value = strtod(text, &end);
    if (*end || end == text || !(*value > 0 && isfinite(*value)))
        FAIL(STATUS_USER, "%s wants a number above 0, found \"%s\"", name, text);
    return NULL;
}

void help_row(int indent, const char *name, const char *value, const char *meaning)
{
    enum { NAME = 16, VALUE = 12 };
    log_wrapped(indent + NAME + VALUE + 2, "%*s%-*s %-*s %s", indent, "", NAME, name, VALUE,
                value ? value : "", meaning);
}

void help_verb(const Verb *verb)
{
    log_wrapped(7, "usage: lockstep %s %s", verb->name, verb->arguments);
    log_info("\n%s.", verb->help);
    if (verb->details)
        log_info("\n%s", verb->details);
    if (verb->accepted && verb->accepted[0].name)
        log_info("\noptions:");
    for (const Option *o = verb->accepted; o && o->name; o++)
        help_row(2, o->name, o->value, o->help);
    if (verb->explain)
        verb->explain();
}

void help_all(void)
{
    log_info("usage: [mpirun -n RANKS] lockstep VERB ...\n\n"
             "Trains neural networks data-parallel over MPI: the same bits on any number of\n"
             "ranks, stopped and resumed or not.\n");
    for (const Verb *const *v = verbs; *v; v++)
        log_info("  %-9s %s", (*v)->name, (*v)->help);
    log_info("\n`lockstep VERB -h` tells more. Every verb also runs without mpirun.\n"
             "status: 0 done, 1 failed, 2 usage, configuration or data, 3 diverged,\n"
             "        75 stopped early");
}
