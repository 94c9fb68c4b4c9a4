/* Counting answers, and the table of them. */
#include "train/confusion.h"

#include "base/mem.h"

#include <stdio.h>

enum { COLUMNS = 80, MISTAKES = 20, TITLE = 13, CELL = 6, RECALL = 7 };

static double *cell(const Confusion *c, int truth, int answer)
{
    return &c->count[(int64_t)truth * c->classes + answer];
}

static void count(void *context, const Real *y, int64_t lo, int64_t hi)
{
    Confusion *c = context;
    const Engine *e = c->engine;
    Pass pass = engine_pass(e, false);
    loss_predict(&e->loss, &pass, y, NULL, e->answer);
    for (int64_t lane = 0; lane < hi - lo; lane++)
        *cell(c, e->feed.label[lane], e->answer[lane]) += 1;
}

void confusion_open(Confusion *confusion, Engine *engine)
{
    Task task = engine->loss.task;
    *confusion = (Confusion){.engine = engine};
    if (!task.classes)
        return;
    confusion->classes = task.outputs == 1 ? 2 : task.outputs;
    confusion->count =
        mem_alloc((int64_t)confusion->classes * confusion->classes, sizeof *confusion->count);
    engine->hook = (Hook){count, confusion};
}

void confusion_merge(Confusion *confusion, const Comm *comm)
{
    comm_merge(comm, confusion->count, (int64_t)confusion->classes * confusion->classes);
}

void confusion_close(Confusion *confusion, Engine *engine)
{
    mem_free(confusion->count);
    engine->hook = (Hook){0};
    *confusion = (Confusion){0};
}

/* ---- text ---- */

static const char *class_name(const Confusion *c, int class, Arena *arena)
{
    const char *name = dataset_class_name(c->engine->feed.data, class);
    return name ? name : arena_text(arena, "%d", class);
}

/* Right answers over all of a row or a column; "-" where there are none. */
static const char *share_text(const Confusion *c, int class, bool of_row, Arena *arena)
{
    double all = 0;
    for (int k = 0; k < c->classes; k++)
        all += of_row ? *cell(c, class, k) : *cell(c, k, class);
    return all > 0 ? arena_text(arena, "%.3f", *cell(c, class, class) / all) : "-";
}

/* The columns that the largest count takes, or a share such as 0.912. */
static int cell_width(const Confusion *c)
{
    double most = 0;
    for (int64_t i = 0; i < (int64_t)c->classes * c->classes; i++)
        most = c->count[i] > most ? c->count[i] : most;
    int width = 1 + snprintf(NULL, 0, "%.0f", most);
    return width > CELL ? width : CELL;
}

static const char *table_text(const Confusion *c, int width, Arena *arena)
{
    const char *text = arena_text(arena, "%-*s", TITLE, "truth, answer");
    for (int k = 0; k < c->classes; k++)
        text = arena_text(arena, "%s%*d", text, width, k);
    text = arena_text(arena, "%s%*s\n", text, RECALL, "recall");
    for (int truth = 0; truth < c->classes; truth++) {
        const char *name = dataset_class_name(c->engine->feed.data, truth);
        text =
            arena_text(arena, "%s%2d %-*.*s", text, truth, TITLE - 3, TITLE - 3, name ? name : "");
        for (int answer = 0; answer < c->classes; answer++)
            text = arena_text(arena, "%s%*.0f", text, width, *cell(c, truth, answer));
        text = arena_text(arena, "%s%*s\n", text, RECALL, share_text(c, truth, true, arena));
    }
    text = arena_text(arena, "%s%-*s", text, TITLE, "precision");
    for (int k = 0; k < c->classes; k++)
        text = arena_text(arena, "%s%*s", text, width, share_text(c, k, false, arena));
    return text;
}

/* The commonest mistake that stands behind (last, at) in the order of counts, then of cells. */
static int64_t next_mistake(const Confusion *c, double last, int64_t at)
{
    int64_t best = -1, cells = (int64_t)c->classes * c->classes;
    for (int64_t i = 0; i < cells; i++) {
        double n = c->count[i];
        bool behind = n < last || (n == last && i > at);
        if (i / c->classes != i % c->classes && behind && n > 0 && (best < 0 || n > c->count[best]))
            best = i;
    }
    return best;
}

static const char *mistakes_text(const Confusion *c, Arena *arena)
{
    const char *text = "the commonest mistakes, truth -> answer:";
    double last = 1e300;
    int64_t at = -1;
    for (int i = 0; i < MISTAKES && (at = next_mistake(c, last, at)) >= 0; i++) {
        last = c->count[at];
        text = arena_text(arena, "%s\n%7.0f  %.32s -> %.32s", text, last,
                          class_name(c, (int)(at / c->classes), arena),
                          class_name(c, (int)(at % c->classes), arena));
    }
    return text;
}

const char *confusion_text(const Confusion *confusion, Arena *arena)
{
    int width = cell_width(confusion);
    bool fits = TITLE + (int64_t)confusion->classes * width + RECALL <= COLUMNS;
    return fits ? table_text(confusion, width, arena) : mistakes_text(confusion, arena);
}
