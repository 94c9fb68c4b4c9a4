/* A verb is one file: its options, its help, and one function. All ranks run it; what it prints
 * comes from rank 0 (the others' log is silent), and its Err is agreed on in main(). */
#ifndef CLI_VERB_H
#define CLI_VERB_H

#include "dist/comm.h"

typedef struct Option {
    const char *name;  /* "--run", "-o" */
    const char *value; /* what it takes, for the help; NULL: nothing */
    const char *help;
} Option;

enum { ARGS_MOST = 256 };

/* A command line, taken apart. */
typedef struct Args {
    const char *positional[ARGS_MOST];
    int count;
    const Option *option[ARGS_MOST]; /* as given, with repeats */
    const char *value[ARGS_MOST];
    int options;
    bool help;
    double began;           /* on term_clock: when the program started */
    const char *difference; /* of the ranks' command lines, for a verb that `judges`; else NULL */
} Args;

typedef struct Verb {
    const char *name;
    const char *arguments;  /* "CONFIG" */
    const char *help;       /* one line */
    const char *details;    /* more for `-h`; may be NULL */
    const Option *accepted; /* ended by a NULL name */
    int least, most;        /* positional arguments */
    bool raw;               /* takes the command line as it is, after the verb */
    bool judges;            /* says itself that ranks were started with different words */
    bool watched;           /* all ranks are at work to its end: comm_limit's end is its matter */
    /* More help, printed after the options; may be NULL. */
    void (*explain)(void);
    Err (*run)(const Comm *world, const Args *args);
} Verb;

extern const Verb *const verbs[]; /* ended by NULL; in main.c */

/* Takes a verb's command line apart. An unknown option is STATUS_USER with the closest match. */
Err args_parse(Args *args, const Verb *verb, int argc, char *const *argv);
/* What differs between the ranks' command lines, in words, the same on all; NULL: nothing. Then
 * *argc and *argv become rank 0's, in the arena. Collective. */
const char *args_difference(const Comm *world, int *argc, char ***argv, Arena *arena);
/* The last value given for an option; NULL: not given. Of a flag: its own name. */
const char *args_value(const Args *args, const char *name);
/* All values given for an option, in order; returns how many. */
int args_values(const Args *args, const char *name, const char **values);
/* A value as a whole number. */
Err args_int(const Args *args, const char *name, int64_t fallback, int64_t *value);
/* "1,2,4": whole numbers of [least, most], ARGS_MOST at most. NULL, or where the text goes wrong.
 */
const char *args_list(const char *text, int64_t least, int64_t most, int64_t *numbers, int *count);
/* A value as a number above 0. */
Err args_positive(const Args *args, const char *name, double fallback, double *value);

/* `lockstep -h` and `lockstep VERB -h`. */
void help_all(void);
void help_verb(const Verb *verb);
/* One line of a help: what it is about, its argument or default, and its meaning, which is broken
 * into as many lines as it takes. */
void help_row(int indent, const char *name, const char *value, const char *meaning);
/* STATUS_USER naming the closest of the words. */
Err unknown_word(const char *what, const char *word, const char *const *words);

/* Options that every verb with a CONFIG takes. */
#define OPTION_SET                                                                                 \
    {                                                                                              \
        "--set", "PATH=VALUE", "change one key of the configuration; may be repeated"              \
    }

#endif
