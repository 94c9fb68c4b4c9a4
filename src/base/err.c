/* Errors as values: a text, a status, and the places that the error came through. */
#include "base/err.h"

#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct Error {
    Status status;
    char *text;
    char *places; /* "file:line function\n" each, innermost first */
};

void (*err_abort_hook)(void);

static char *format_text(const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    char *text = mem_alloc(length + 1, 1);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    return text;
}

static char *join(const char *format, ...) __attribute__((format(printf, 1, 2)));
static char *join(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = format_text(format, arguments);
    va_end(arguments);
    return text;
}

Err err_new(Status status, const char *file, int line, const char *function, const char *format,
            ...)
{
    Err err = mem_alloc(1, sizeof *err);
    err->status = status;
    va_list arguments;
    va_start(arguments, format);
    err->text = format_text(format, arguments);
    va_end(arguments);
    err->places = join("%s:%d %s\n", file, line, function);
    return err;
}

Err err_trace(Err err, const char *file, int line, const char *function)
{
    char *places = join("%s%s:%d %s\n", err->places, file, line, function);
    mem_free(err->places);
    err->places = places;
    return err;
}

Status err_status(Err err)
{
    return err ? err->status : STATUS_DONE;
}

const char *err_text(Err err)
{
    return err ? err->text : "";
}

const char *err_places(Err err)
{
    return err ? err->places : "";
}

void err_free(Err err)
{
    if (!err)
        return;
    mem_free(err->text);
    mem_free(err->places);
    mem_free(err);
}

void err_abort(const char *file, int line, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "lockstep: %s:%d: ", file, line);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    if (err_abort_hook)
        err_abort_hook();
    abort();
}
