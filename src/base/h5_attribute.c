/* Reading attributes. Integers of any width and sign are one kind of thing to whoever asks, and so
 * are strings of fixed and of variable length: h5py, our own writer and other tools differ. */
#include "base/h5_inside.h"

#include <string.h>

static const int64_t MOST_BYTES = (int64_t)1
                                  << 28; /* of one attribute; a damaged size may be more */

/* An open attribute and what it is. */
typedef struct Attribute {
    hid_t id, type;
    H5T_class_t class;
    int64_t count; /* elements */
} Attribute;

static void attribute_close(Attribute *attribute)
{
    if (attribute->type >= 0)
        H5Tclose(attribute->type);
    if (attribute->id >= 0)
        H5Aclose(attribute->id);
}

static bool attribute_there(const H5 *file, const char *path, const char *name)
{
    return h5_place(file, path) == PLACE_OBJECT &&
           H5Aexists_by_name(file->file, path, name, H5P_DEFAULT) > 0;
}

static Err attribute_open(const H5 *file, const char *path, const char *name, Attribute *attribute)
{
    *attribute = (Attribute){.id = H5I_INVALID_HID, .type = H5I_INVALID_HID};
    if (!attribute_there(file, path, name))
        FAIL(STATUS_USER, "%s: %s has no attribute \"%s\"", file->path, path, name);
    attribute->id = H5Aopen_by_name(file->file, path, name, H5P_DEFAULT, H5P_DEFAULT);
    if (attribute->id < 0)
        return h5_failure(STATUS_USER, file, name, "the attribute cannot be opened");
    attribute->type = H5Aget_type(attribute->id);
    hid_t space = H5Aget_space(attribute->id);
    attribute->class = H5Tget_class(attribute->type);
    attribute->count = H5Sget_simple_extent_npoints(space);
    H5Sclose(space);
    size_t size = H5Tget_size(attribute->type);
    if (attribute->count < 0 || size == 0 || size > (size_t)MOST_BYTES ||
        attribute->count > MOST_BYTES / (int64_t)size)
        FAIL(STATUS_USER, "%s: %s: attribute \"%s\" is damaged", file->path, path, name);
    return NULL;
}

static Err read_number(const H5 *file, const char *path, const char *name, bool whole, hid_t as,
                       void *value)
{
    Attribute attribute;
    Err err = attribute_open(file, path, name, &attribute);
    if (!err) {
        bool integer = attribute.class == H5T_INTEGER || attribute.class == H5T_ENUM;
        bool fits = integer || (attribute.class == H5T_FLOAT && !whole);
        if (!fits || attribute.count != 1)
            err = ERR(STATUS_USER, "%s: %s: attribute \"%s\" is not one %s", file->path, path, name,
                      whole ? "integer" : "number");
        else if (H5Aread(attribute.id, as, value) < 0)
            err = h5_failure(STATUS_USER, file, name, "the attribute cannot be read");
    }
    attribute_close(&attribute);
    return err;
}

/* Strings of any length: the library allocates each, and takes them back. */
static Err read_variable(const H5 *file, const Attribute *attribute, hid_t type, const char *name,
                         Arena *arena, const char **texts)
{
    char **text = mem_alloc(attribute->count, sizeof *text);
    Err err = NULL;
    if (H5Aread(attribute->id, type, text) < 0) {
        err = h5_failure(STATUS_USER, file, name, "the attribute cannot be read");
    } else {
        hid_t space = H5Aget_space(attribute->id);
        for (int64_t i = 0; i < attribute->count; i++)
            texts[i] = arena_text(arena, "%s", text[i] ? text[i] : "");
        H5Dvlen_reclaim(type, space, H5P_DEFAULT, text);
        H5Sclose(space);
    }
    mem_free(text);
    return err;
}

/* The end of a string of at most `size` bytes, less the spaces that Fortran pads with. */
static int fixed_length(const char *text, size_t size, bool spaces)
{
    const char *zero = memchr(text, '\0', size);
    size_t length = zero ? (size_t)(zero - text) : size;
    while (spaces && length > 0 && text[length - 1] == ' ')
        length--;
    return (int)length;
}

static Err read_fixed(const H5 *file, const Attribute *attribute, hid_t type, const char *name,
                      Arena *arena, const char **texts)
{
    size_t size = H5Tget_size(type);
    bool spaces = H5Tget_strpad(type) == H5T_STR_SPACEPAD;
    char *bytes = mem_alloc(attribute->count, size);
    Err err = NULL;
    if (H5Aread(attribute->id, type, bytes) < 0)
        err = h5_failure(STATUS_USER, file, name, "the attribute cannot be read");
    for (int64_t i = 0; i < attribute->count && !err; i++) {
        const char *text = bytes + i * (int64_t)size;
        texts[i] = arena_text(arena, "%.*s", fixed_length(text, size, spaces), text);
    }
    mem_free(bytes);
    return err;
}

static Err read_strings(const H5 *file, const char *path, const char *name, bool one, Arena *arena,
                        const char ***texts, int *count)
{
    Attribute attribute;
    Err err = attribute_open(file, path, name, &attribute);
    if (!err && (attribute.class != H5T_STRING || (one && attribute.count != 1)))
        err = ERR(STATUS_USER, "%s: %s: attribute \"%s\" is not %s", file->path, path, name,
                  one ? "one string" : "a list of strings");
    if (!err) {
        /* The file's own type, in its in-memory form: the library converts no character sets. */
        hid_t type = H5Tget_native_type(attribute.type, H5T_DIR_DEFAULT);
        *count = (int)attribute.count;
        *texts = arena_take(arena, attribute.count, sizeof **texts);
        err = H5Tis_variable_str(type) > 0
                  ? read_variable(file, &attribute, type, name, arena, *texts)
                  : read_fixed(file, &attribute, type, name, arena, *texts);
        H5Tclose(type);
    }
    attribute_close(&attribute);
    return err;
}

bool h5_has_attribute(H5 *file, const char *path, const char *name)
{
    h5_enter();
    bool there = attribute_there(file, path, name);
    h5_leave();
    return there;
}

Err h5_read_int(H5 *file, const char *path, const char *name, int64_t *value)
{
    h5_enter();
    Err err = read_number(file, path, name, true, H5T_NATIVE_INT64, value);
    h5_leave();
    return err;
}

Err h5_read_real(H5 *file, const char *path, const char *name, double *value)
{
    h5_enter();
    Err err = read_number(file, path, name, false, H5T_NATIVE_DOUBLE, value);
    h5_leave();
    return err;
}

Err h5_read_texts(H5 *file, const char *path, const char *name, Arena *arena, const char ***texts,
                  int *count)
{
    h5_enter();
    Err err = read_strings(file, path, name, false, arena, texts, count);
    h5_leave();
    return err;
}

Err h5_read_text(H5 *file, const char *path, const char *name, Arena *arena, const char **text)
{
    const char **texts = NULL;
    int count;
    h5_enter();
    Err err = read_strings(file, path, name, true, arena, &texts, &count);
    h5_leave();
    if (!err)
        *text = texts[0];
    return err;
}
