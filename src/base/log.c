/* One voice for the whole job. The level and the log file are the program's only shared state
 * beside the abort hook and the signal flag. */
#include "base/log.h"

#include <stdarg.h>

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

void log_debug(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (level >= LOG_DEBUG)
        say(stdout, "debug: ", format, arguments);
    va_end(arguments);
}
