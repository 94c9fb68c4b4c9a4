/* Reading a zip file's directory (PKWARE's APPNOTE.TXT 6.3, sections 4.3 and 4.5.3).
 *
 *     member: header, name, extra, bytes | ... | directory: entry, name, extra, comment | ... | end
 *
 * The end is searched from behind. Where a number does not fit into 32 bits it is all ones, and
 * stands in another end (zip64) or in an entry's extra field. Nothing is believed that does not lie
 * within the file. */
#include "data/zip.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
    END = 22, /* bytes of the end, of the zip64 end and of what leads to it, ... */
    END64 = 56,
    LOCATOR64 = 20,
    ENTRY = 46,
    HEADER = 30,
    MOST_COMMENT = 65535, /* bytes between the end and the end of the file */
    MOST_DIRECTORY = 16 << 20,
    MOST_MEMBERS = 65536
};

#define ONES_32 0xffffffff

/* A little-endian number of so many bytes. */
static int64_t number(const unsigned char *bytes, int count)
{
    uint64_t n = 0;
    for (int i = count - 1; i >= 0; i--)
        n = n << 8 | bytes[i];
    return n > INT64_MAX ? INT64_MAX : (int64_t)n;
}

static Err damaged(const char *path)
{
    FAIL(STATUS_USER, "%s: is no zip file, or a damaged or truncated one", path);
}

static Err read_at(FILE *file, const char *path, int64_t at, void *into, int64_t size)
{
    if (fseeko(file, (off_t)at, SEEK_SET) != 0 ||
        fread(into, 1, (size_t)size, file) != (size_t)size)
        return damaged(path);
    return NULL;
}

/* The directory: where it begins, its bytes and entries. */
typedef struct Directory {
    int64_t at, size, entries;
} Directory;

static Err find_end(FILE *file, const char *path, int64_t length, Directory *directory)
{
    unsigned char tail[END + MOST_COMMENT];
    int64_t size = length < (int64_t)sizeof tail ? length : (int64_t)sizeof tail;
    TRY(read_at(file, path, length - size, tail, size));
    int64_t i = size - END;
    while (i >= 0 && memcmp(tail + i, "PK\5\6", 4) != 0)
        i--;
    if (i < 0)
        return damaged(path);
    directory->entries = number(tail + i + 10, 2);
    directory->size = number(tail + i + 12, 4);
    directory->at = number(tail + i + 16, 4);
    int64_t end = length - size + i;
    unsigned char locator[LOCATOR64], end64[END64];
    if (end < LOCATOR64)
        return NULL;
    TRY(read_at(file, path, end - LOCATOR64, locator, LOCATOR64));
    if (memcmp(locator, "PK\6\7", 4) != 0)
        return NULL;
    TRY(read_at(file, path, number(locator + 8, 8), end64, END64));
    if (memcmp(end64, "PK\6\6", 4) != 0)
        return damaged(path);
    directory->entries = number(end64 + 32, 8);
    directory->size = number(end64 + 40, 8);
    directory->at = number(end64 + 48, 8);
    return NULL;
}

/* Numbers that are all ones stand in the extra field 1, in this order. */
static void read_extra(const unsigned char *extra, int64_t size, ZipMember *member)
{
    int64_t *wide[] = {&member->length, &member->packed, &member->at};
    while (size >= 4) {
        int64_t id = number(extra, 2), length = number(extra + 2, 2);
        if (length > size - 4)
            return;
        const unsigned char *at = extra + 4, *end = at + length;
        for (int i = 0; i < 3 && id == 1; i++)
            if (*wide[i] == ONES_32 && end - at >= 8) {
                *wide[i] = number(at, 8);
                at += 8;
            }
        extra += 4 + length;
        size -= 4 + length;
    }
}

/* One entry of `left` bytes at most; *size becomes its own. */
static Err read_entry(const char *path, const unsigned char *entry, int64_t left, int64_t length,
                      Arena *arena, ZipMember *member, int64_t *size)
{
    if (left < ENTRY || memcmp(entry, "PK\1\2", 4) != 0)
        return damaged(path);
    int64_t name = number(entry + 28, 2), extra = number(entry + 30, 2);
    *size = ENTRY + name + extra + number(entry + 32, 2);
    if (*size > left)
        return damaged(path);
    int64_t flags = number(entry + 8, 2), method = number(entry + 10, 2);
    *member = (ZipMember){.name = arena_text(arena, "%.*s", (int)name, (const char *)entry + ENTRY),
                          .deflated = method == 8,
                          .check = (uint32_t)number(entry + 16, 4),
                          .packed = number(entry + 20, 4),
                          .length = number(entry + 24, 4),
                          .at = number(entry + 42, 4)};
    read_extra(entry + ENTRY + name, extra, member);
    if ((method != 0 && method != 8) || flags & 1)
        FAIL(STATUS_USER, "%s: %s is %s; members that are stored or deflated are taken", path,
             member->name, flags & 1 ? "encrypted" : "packed in an uncommon way");
    bool stored = method == 0 && member->packed != member->length;
    if (member->at > length || member->packed > length - member->at || stored)
        return damaged(path);
    return NULL;
}

static Err list(FILE *file, const char *path, Arena *arena, const ZipMember **member, int *count)
{
    Directory directory;
    int64_t length = fseeko(file, 0, SEEK_END) == 0 ? (int64_t)ftello(file) : -1;
    if (length < END)
        return damaged(path);
    TRY(find_end(file, path, length, &directory));
    if (directory.size > MOST_DIRECTORY || directory.entries > MOST_MEMBERS ||
        directory.at > length - directory.size)
        return damaged(path);
    unsigned char *bytes = arena_take(arena, directory.size + 1, 1);
    TRY(read_at(file, path, directory.at, bytes, directory.size));
    ZipMember *members = arena_take(arena, directory.entries, sizeof *members);
    for (int64_t i = 0, at = 0, size; i < directory.entries; i++, at += size)
        TRY(read_entry(path, bytes + at, directory.size - at, length, arena, &members[i], &size));
    *member = members;
    *count = (int)directory.entries;
    return NULL;
}

Err zip_list(const char *path, Arena *arena, const ZipMember **member, int *count)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        FAIL(STATUS_USER, "%s: cannot be read (%s)", path, strerror(errno));
    Err err = list(file, path, arena, member, count);
    fclose(file);
    return err;
}

Err zip_open(Unzip **unzip, const char *path, const char *name, const ZipMember *member)
{
    unsigned char header[HEADER];
    FILE *file = fopen(path, "rb");
    if (!file)
        FAIL(STATUS_USER, "%s: cannot be read (%s)", path, strerror(errno));
    Err err = read_at(file, path, member->at, header, HEADER);
    fclose(file);
    TRY(err);
    if (memcmp(header, "PK\3\4", 4) != 0)
        return damaged(path);
    int64_t at = member->at + HEADER + number(header + 26, 2) + number(header + 28, 2);
    return unzip_open_member(unzip, path, name, member, at);
}
