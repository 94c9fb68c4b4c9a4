/* subset IN.h5 OUT.h5 FROM=TO...: a data file with some of another's data sets, under the names
 * TO. For tests of files that lack what a training file has. */
#include "base/file.h"
#include "base/h5.h"

#include <stdio.h>
#include <string.h>

static H5Type type_for(const H5Info *info)
{
    if (info->kind == H5_FLOAT)
        return H5_F64;
    return info->bytes == 1 ? H5_U8 : H5_I64;
}

static Err copy(H5 *in, H5 *out, const char *from, const char *to)
{
    H5Info info;
    TRY(h5_info(in, from, &info));
    int64_t count = 1;
    for (int d = 0; d < info.rank; d++)
        count *= info.dims[d];
    void *values = mem_alloc(count, sizeof(double));
    Err err = h5_read(in, from, type_for(&info), 0, info.dims[0], values);
    if (!err)
        err = h5_write(out, to, type_for(&info), info.rank, info.dims, 0, values);
    mem_free(values);
    return err;
}

static Err run(int count, char **words, H5 *in, H5 *out, const char *path)
{
    for (int i = 0; i < count; i++) {
        char *to = strchr(words[i], '=');
        CHECK(to, "%s is not FROM=TO", words[i]);
        *to = '\0';
        TRY(copy(in, out, words[i], to + 1));
    }
    void *bytes;
    size_t size;
    TRY(h5_image(out, &bytes, &size));
    Err err = file_replace(path, bytes, size);
    mem_free(bytes);
    return err;
}

int main(int argc, char **argv)
{
    H5 *in = NULL, *out = NULL;
    CHECK(argc > 3, "usage: subset IN.h5 OUT.h5 FROM=TO...");
    Err err = h5_open(&in, argv[1]);
    if (!err)
        err = h5_create(&out);
    if (!err)
        err = run(argc - 3, argv + 3, in, out, argv[2]);
    if (err)
        fprintf(stderr, "%s\n", err_text(err));
    h5_close(in);
    h5_close(out);
    int status = (int)err_status(err);
    err_free(err);
    return status;
}
