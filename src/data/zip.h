/* The directory of a zip file, such as NumPy's .npz; also of one beyond 4 GB. */
#ifndef DATA_ZIP_H
#define DATA_ZIP_H

#include "base/mem.h"
#include "data/unzip.h"

/* The members, in the directory's order, in the arena. STATUS_USER: no zip file, damaged, packed in
 * a way other than deflate, encrypted. */
Err zip_list(const char *path, Arena *arena, const ZipMember **member, int *count);
/* Opens a member for reading; `name` is for messages, kept. */
Err zip_open(Unzip **unzip, const char *path, const char *name, const ZipMember *member);

#endif
