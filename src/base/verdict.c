/* The list of verdicts, and how people and programs are told of it. */
#include "base/verdict.h"

#include "base/json.h"
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *const verdict_words[] = {"ok", "look", "wrong", NULL};

void verdicts_add(Verdicts *v, const char *check, Judgement verdict, const char *cure,
                  const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *figure = arena_take(&v->arena, length + 1, 1);
    va_start(arguments, format);
    vsnprintf(figure, (size_t)length + 1, format, arguments);
    va_end(arguments);
    if (v->count == v->room) {
        Verdict *longer = arena_take(&v->arena, 2 * v->room + 16, sizeof *longer);
        if (v->count)
            memcpy(longer, v->list, (size_t)v->count * sizeof *longer);
        v->list = longer;
        v->room = 2 * v->room + 16;
    }
    v->list[v->count++] = (Verdict){check, verdict, figure, cure};
}

int verdicts_count(const Verdicts *v, Judgement verdict)
{
    int count = 0;
    for (int i = 0; i < v->count; i++)
        count += v->list[i].verdict == verdict;
    return count;
}

void verdicts_free(Verdicts *v)
{
    arena_free(&v->arena);
    *v = (Verdicts){0};
}

void verdicts_print(const Verdicts *v)
{
    enum { HANG = 24 };
    log_info("%-15s %-7s %s", "check", "verdict", "figure");
    for (int i = 0; i < v->count; i++) {
        const Verdict *line = &v->list[i];
        log_wrapped(HANG, "%-15s %-7s %s", line->check, verdict_words[line->verdict], line->figure);
        if (line->cure)
            log_wrapped(HANG, "%*scure: %s", HANG, "", line->cure);
    }
}

void verdicts_print_json(const Verdicts *v)
{
    Arena arena = {0};
    log_info("[");
    for (int i = 0; i < v->count; i++) {
        const Verdict *line = &v->list[i];
        log_info("{\"check\": %s, \"verdict\": \"%s\", \"figure\": %s, \"cure\": %s}%s",
                 json_text(line->check, &arena), verdict_words[line->verdict],
                 json_text(line->figure, &arena), json_text(line->cure, &arena),
                 i + 1 < v->count ? "," : "");
    }
    log_info("]");
    arena_free(&arena);
}

void verdicts_warn(const Verdicts *v)
{
    for (int i = 0; i < v->count; i++) {
        const Verdict *line = &v->list[i];
        if (line->verdict != VERDICT_OK)
            log_wrapped_warning(2, "%s: %s%s%s", line->check, line->figure, line->cure ? "; " : "",
                                line->cure ? line->cure : "");
    }
}
