/* JSON, as far as programs that read ours need it: a text in quotes. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/mem.h"

/* The text in quotes, with whatever JSON does not take as it is escaped; null for NULL. In the
 * arena. */
const char *json_text(const char *text, Arena *arena);

#endif
