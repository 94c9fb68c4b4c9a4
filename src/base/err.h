/* Errors that can be said in words travel up as values; bugs end the job at once.
 *
 *     Err file_open(const char *path) { if (...) FAIL(STATUS_USER, "%s: no such file", path); ... }
 *     Err run(...)                    { TRY(file_open(path)); ... return NULL; }
 *
 * An Err is NULL when all is well. Otherwise it owns a text for the user, the exit status that the
 * program ends with, and the trace of functions it came through (shown with LOCKSTEP_TRACE=1). */
#ifndef BASE_ERR_H
#define BASE_ERR_H

typedef enum Status {
    STATUS_DONE = 0,
    STATUS_FAILED = 1,   /* the run failed */
    STATUS_USER = 2,     /* usage, configuration or data */
    STATUS_DIVERGED = 3, /* a loss, gradient or parameter that is not finite */
    STATUS_STOPPED = 75  /* stopped early with a checkpoint: run me again (EX_TEMPFAIL) */
} Status;

typedef struct Error *Err;

/* A new error with a printf text. Use FAIL. */
Err err_new(Status status, const char *file, int line, const char *function, const char *format,
            ...) __attribute__((format(printf, 5, 6), returns_nonnull));
/* Adds one place to the error's trace and returns it. Use TRY. */
Err err_trace(Err err, const char *file, int line, const char *function)
    __attribute__((returns_nonnull));
Status err_status(Err err); /* STATUS_DONE for NULL */
const char *err_text(Err err);
const char *err_places(Err err); /* the trace, one place a line, innermost first */
void err_free(Err err);

/* What CHECK calls last; dist/ sets it to end the whole job. The default is abort(). */
extern void (*err_abort_hook)(void);
_Noreturn void err_abort(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#define ERR(status, ...)  err_new(status, __FILE__, __LINE__, __func__, __VA_ARGS__)
#define FAIL(status, ...) return ERR(status, __VA_ARGS__)
#define TRY(call)                                                                                  \
    do {                                                                                           \
        Err try_err_ = (call);                                                                     \
        if (try_err_)                                                                              \
            return err_trace(try_err_, __FILE__, __LINE__, __func__);                              \
    } while (0)
/* An invariant. Its failure is a bug or an empty machine, never a user's mistake. */
#define CHECK(condition, ...)                                                                      \
    do {                                                                                           \
        if (!(condition))                                                                          \
            err_abort(__FILE__, __LINE__, __VA_ARGS__);                                            \
    } while (0)

#endif
