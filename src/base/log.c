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

static void say(FILE *stream, const char *prefix, const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    fputs(prefix, stream);
    vfprintf(stream, format, arguments);
    fputc('\n', stream);
    fflush(stream);
    if (log_file) {
        fputs(prefix, log_file);
        vfprintf(log_file, format, again);
        fputc('\n', log_file);
        fflush(log_file);
    }
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

static void say_wrapped(const char *text, size_t hang)
{
    size_t own = line_length(text, hang, COLUMNS);
    log_info("%.*s", (int)own, text);
    for (const char *rest = text + own; *rest; rest += own) {
        rest += strspn(rest, " ");
        own = line_length(rest, 0, COLUMNS - hang);
        log_info("%*s%.*s", (int)hang, "", (int)own, rest);
    }
}

void log_wrapped(int hang, const char *format, ...)
{
    char *whole = NULL;
    size_t size;
    FILE *stream = open_memstream(&whole, &size);
    va_list arguments;
    if (!stream)
        return;
    va_start(arguments, format);
    vfprintf(stream, format, arguments);
    va_end(arguments);
    if (fclose(stream) != 0)
        return;
    for (char *line = whole, *next; line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        say_wrapped(line, (size_t)hang);
    }
    free(whole);
}

void log_debug(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (level >= LOG_DEBUG)
        say(stdout, "debug: ", format, arguments);
    va_end(arguments);
}
