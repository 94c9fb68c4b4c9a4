/* lockstep import FORMAT ... -o DATA.h5: makes a data file out of a foreign format. */
#include "base/file.h"
#include "base/log.h"
#include "cli/verb.h"
#include "data/import.h"

#include <string.h>

static Err find_importer(const char *name, const Importer **importer)
{
    const char *names[ARGS_MOST] = {0};
    for (int i = 0; importers[i]; i++) {
        names[i] = importers[i]->name;
        if (strcmp(names[i], name) == 0)
            *importer = importers[i];
    }
    return *importer ? NULL : unknown_word("format", name, names);
}

static Err import(const Comm *world, const Args *args)
{
    const Importer *importer = NULL;
    char *rest[ARGS_MOST];
    const char *output = NULL;
    int count = 0;
    bool help = false;
    TRY(find_importer(args->positional[0], &importer));
    for (int i = 1; i < args->count; i++) {
        bool names_output = strcmp(args->positional[i], "-o") == 0 && i + 1 < args->count;
        help |= strcmp(args->positional[i], "-h") == 0;
        if (names_output)
            output = args->positional[++i];
        else
            rest[count++] = (char *)args->positional[i];
    }
    if (help) {
        log_wrapped(7, "usage: lockstep import %s %s", importer->name, importer->usage);
        log_info("\n%s.", importer->help);
        return NULL;
    }
    if (!output)
        FAIL(STATUS_USER, "where to? usage: lockstep import %s %s", importer->name,
             importer->usage);
    if (world->rank == 0)
        TRY(file_check_output(output));
    return world->rank == 0 ? importer->run(count, rest, output) : NULL;
}

static void explain(void)
{
    log_info("\nformats:");
    for (const Importer *const *i = importers; *i; i++)
        log_info("  %-9s %s", (*i)->name, (*i)->help);
    log_info("\n`lockstep import FORMAT -h` tells more.");
}

const Verb cli_import = {
    .name = "import",
    .arguments = "FORMAT ... -o DATA.h5",
    .help = "make a data file",
    .least = 1,
    .most = ARGS_MOST,
    .raw = true,
    .explain = explain,
    .run = import,
};
