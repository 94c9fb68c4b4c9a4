/* The log: one voice for the whole job. Rank 0 speaks, the others are silent (log_level). Ordinary
 * lines go to standard output, warnings and errors to standard error, and all of them also to the
 * run's log.txt while log_to() has one. Lines have no time stamps: a log can be compared. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdio.h>

typedef enum LogLevel { LOG_SILENT, LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG } LogLevel;

void log_level(LogLevel level);
LogLevel log_level_now(void);
/* Also write to `file` from now on; NULL: no longer. The caller closes it. */
void log_to(FILE *file);
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Ordinary lines of any length, broken at spaces (not within brackets) so that they fit 80 columns;
 * what follows a break is indented by `hang`, and no break lies left of it. */
void log_wrapped(int hang, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A warning, likewise. */
void log_wrapped_warning(int hang, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
