/* One voice for the whole job. The level and the log file are the program's only shared state
 * beside the abort hook and the signal flag. */
#include "base/log.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 80 };

static LogLevel level = LOG_INFO;
static FILE *log_file;

void log_level(LogLevel new_level)
{
    level = new_level;
}

LogLevel log_level_now(void)
{
    return level;
}

void log_to(FILE *file)
{
    log_file = file;
}

/* In one piece where it is of ordinary length: another stream may share the screen. */
static void write_line(FILE *stream, const char *prefix, const char *format, va_list arguments)
{
    char line[2048];
    int at = snprintf(line, sizeof line - 1, "%s", prefix);
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(line + at, sizeof line - 1 - (size_t)at, format, again);
    va_end(again);
    if (length >= 0 && at + length < (int)sizeof line - 1) {
        line[at + length] = '\n';
        fwrite(line, 1, (size_t)(at + length) + 1, stream);
    } else {
        fputs(prefix, stream);
        vfprintf(stream, format, arguments);
        fputc('\n', stream);
    }
    fflush(stream);
}

static void say(FILE *stream, const char *prefix, const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    write_line(stream, prefix, format, arguments);
    if (log_file)
        write_line(log_file, prefix, format, again);
    va_end(again);
}

void log_error(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (level >= LOG_ERROR)
        say(stderr, "lockstep: ", format, arguments);
    va_end(arguments);
}

void log_warning(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (level >= LOG_WARNING)
        say(stderr, "warning: ", format, arguments);
    va_end(arguments);
}

void log_info(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (level >= LOG_INFO)
        say(stdout, "", format, arguments);
    va_end(arguments);
}

/* Where the first line of `text` ends: at its end, or at the last space that fits, or, where a word
 * is longer than a line, at the first one behind it. */
static size_t line_length(const char *text, size_t hang, size_t room)
{
    size_t length = strlen(text), best = length;
    int depth = 0;
    if (length <= room)
        return length;
    for (size_t i = 0; i < length; i++) {
        depth += (text[i] == '[') - (text[i] == ']');
        if (text[i] != ' ' || depth > 0 || i < hang)
            continue;
        if (i > room)
            return best < length ? best : i;
        best = i;
    }
    return best;
}

static void say_line(FILE *stream, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(stream, "", format, arguments);
    va_end(arguments);
}

static void wrap_line(FILE *stream, const char *text, size_t hang)
{
    size_t own = line_length(text, hang, COLUMNS);
    say_line(stream, "%.*s", (int)own, text);
    for (const char *rest = text + own; *rest; rest += own) {
        rest += strspn(rest, " ");
        own = line_length(rest, 0, COLUMNS - hang);
        say_line(stream, "%*s%.*s", (int)hang, "", (int)own, rest);
    }
}

static void wrap(FILE *stream, const char *prefix, int hang, const char *format, va_list arguments)
{
    char near[1024]; /* nothing is allocated for a text of usual length */
    va_list again;
    va_copy(again, arguments);
    size_t before = strlen(prefix), size = before + (size_t)vsnprintf(NULL, 0, format, again) + 1;
    va_end(again);
    char *whole = size > sizeof near ? malloc(size) : near;
    if (!whole)
        return;
    memcpy(whole, prefix, before);
    vsnprintf(whole + before, size - before, format, arguments);
    for (char *line = whole, *next; line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        wrap_line(stream, line, (size_t)hang);
    }
    if (whole != near)
        free(whole);
}

void log_wrapped(int hang, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (level >= LOG_INFO)
        wrap(stdout, "", hang, format, arguments);
    va_end(arguments);
}

void log_wrapped_warning(int hang, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (level >= LOG_WARNING)
        wrap(stderr, "warning: ", hang, format, arguments);
    va_end(arguments);
}

void log_debug(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (level >= LOG_DEBUG)
        say(stdout, "debug: ", format, arguments);
    va_end(arguments);
}
