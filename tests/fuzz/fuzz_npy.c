/* NumPy's files: a .npy, or an .npz and its members, by the first bytes. */
#include "data/import_npy_inside.h"
#include "data/zip.h"
#include "fuzz_import.h"

extern const Importer import_npy, import_npz;

/* Takes over the file. */
static void read_array(Unzip *file)
{
    Npy npy;
    Err err = npy_begin(&npy, file, "array");
    if (!err) {
        void *row = mem_alloc(npy.row_values, (size_t)import_type_bytes(npy.type->type));
        for (int64_t i = 0; i < npy.dims[0] && !err; i++)
            err = npy_next(&npy, row);
        mem_free(row);
    }
    fuzz_refused(err);
    npy_close(&npy);
}

static void read_file(const char *path)
{
    Unzip *file;
    Err err = unzip_open(&file, path);
    fuzz_refused(err);
    if (!err)
        read_array(file);
    fuzz_import(&import_npy, (const char *[]){"--x", path, "--y", path, NULL});
}

static void read_members(const char *path)
{
    Arena arena = {0};
    const ZipMember *member;
    int count = 0;
    fuzz_refused(zip_list(path, &arena, &member, &count));
    for (int i = 0; i < count && i < 8; i++) {
        Unzip *file;
        Err err = zip_open(&file, path, "member", &member[i]);
        fuzz_refused(err);
        if (!err)
            read_array(file);
    }
    arena_free(&arena);
    fuzz_import(&import_npz, (const char *[]){path, NULL});
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    log_level(LOG_SILENT);
    const char *path = fuzz_file(bytes, size);
    if (size >= 2 && memcmp(bytes, "PK", 2) == 0)
        read_members(path);
    else
        read_file(path);
    return 0;
}
