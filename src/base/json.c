/* Quotes, backslashes and control characters are all that JSON wants escaped. */
#include "base/json.h"

#include <stdio.h>
#include <string.h>

const char *json_text(const char *text, Arena *arena)
{
    enum { LONGEST = 6 }; /* \u0007 */
    if (!text)
        return "null";
    size_t room = LONGEST * strlen(text) + 3;
    char *quoted = arena_take(arena, (int64_t)room, 1), *at = quoted;
    *at++ = '"';
    for (const char *c = text; *c; c++) {
        if (*c == '"' || *c == '\\')
            *at++ = '\\';
        if ((unsigned char)*c < ' ')
            at += snprintf(at, LONGEST + 1, "\\u%04x", (unsigned)*c);
        else
            *at++ = *c;
    }
    *at = '"';
    return quoted;
}
