/* A new file lives in memory and is taken out as bytes, so that the library never meets a full disk
 * (it would leave a file that nothing can close).
 *
 * The file format is that of HDF5 1.8, the first with check sums over its own structures: without
 * them, a bit that a disk lost can crash the library when it reads, rather than fail. HDF5 1.10's
 * H5Fget_file_image spoils just that check sum of the first block, so we lend the library its
 * buffer instead, and keep it when the file has been closed. */
#include "base/h5_inside.h"

#include <string.h>

enum { GROWTH = 1 << 20 }; /* bytes that the library adds at a time */

/* The library wants the buffer larger: double it, as it will ask again soon. */
static void *buffer_resize(void *bytes, size_t size, H5FD_file_image_op_t why, void *into)
{
    (void)bytes, (void)why; /* NULL at first, also where there is memory already */
    H5 *file = into;
    if (size <= file->room)
        return file->bytes;
    if (file->mapped)
        return h5_mapped_resize(file, size);
    size_t room = size < 2 * file->room ? 2 * file->room : size;
    void *larger = mem_alloc((int64_t)room, 1);
    if (file->room)
        memcpy(larger, file->bytes, file->room);
    mem_free(file->bytes);
    file->bytes = larger;
    file->room = room;
    return larger;
}

/* The library lets go of the buffer, which is what we wait for; h5_close frees it. */
static herr_t buffer_keep(void *bytes, H5FD_file_image_op_t why, void *from)
{
    (void)bytes, (void)why, (void)from;
    return 0;
}

/* The library copies and frees what it passes to the above; for it that is only a pointer. */
static void *pointer_copy(void *pointer)
{
    return pointer;
}

static herr_t pointer_free(void *pointer)
{
    (void)pointer;
    return 0;
}

Err h5_create_inside(H5 *file)
{
    H5FD_file_image_callbacks_t buffer = {.image_realloc = buffer_resize,
                                          .image_free = buffer_keep,
                                          .udata_copy = pointer_copy,
                                          .udata_free = pointer_free,
                                          .udata = file};
    hid_t access_list = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_fapl_core(access_list, GROWTH, false);
    H5Pset_file_image_callbacks(access_list, &buffer);
    H5Pset_libver_bounds(access_list, H5F_LIBVER_V18, H5F_LIBVER_V18);
    hid_t creation = H5Pcreate(H5P_FILE_CREATE); /* its settings are those of the root group too */
    H5Pset_obj_track_times(creation, false);
    file->file = H5Fcreate(file->path, H5F_ACC_TRUNC, creation, access_list);
    Err err = NULL;
    if (file->file < 0)
        err = h5_failure(STATUS_FAILED, file, NULL, "cannot be created");
    H5Pclose(creation);
    H5Pclose(access_list);
    return err;
}

Err h5_create(H5 **file)
{
    Buffer none = {0};
    return h5_create_in(file, &none);
}

/* What an earlier file has left in the memory must not show in the gaps of this one. */
Err h5_create_in(H5 **file, Buffer *buffer)
{
    static const char name[] = "file in memory";
    H5 *created = mem_alloc(1, sizeof *created);
    *created = (H5){.file = H5I_INVALID_HID,
                    .path = mem_alloc(sizeof name, 1),
                    .bytes = buffer->bytes,
                    .room = buffer->room};
    memcpy(created->path, name, sizeof name);
    if (buffer->room)
        memset(buffer->bytes, 0, buffer->room);
    *buffer = (Buffer){0};
    h5_enter();
    Err err = h5_create_inside(created);
    h5_leave();
    *file = created;
    if (err) {
        h5_close(created);
        *file = NULL;
    }
    return err;
}

/* The file's length, once all of it is in the buffer, and its close. */
Err h5_finish_inside(H5 *file, size_t *size)
{
    ssize_t length =
        H5Fflush(file->file, H5F_SCOPE_LOCAL) < 0 ? -1 : H5Fget_file_image(file->file, NULL, 0);
    if (length <= 0 || H5Fclose(file->file) < 0)
        return h5_failure(STATUS_FAILED, file, NULL, "cannot be finished");
    file->file = H5I_INVALID_HID;
    *size = (size_t)length;
    return NULL;
}

Err h5_image_in(H5 *file, Buffer *buffer)
{
    size_t size = 0;
    h5_enter();
    Err err = h5_finish_inside(file, &size);
    h5_leave();
    if (err)
        return err;
    *buffer = (Buffer){file->bytes, size, file->room};
    file->bytes = NULL;
    file->room = 0;
    return NULL;
}

Err h5_image(H5 *file, void **bytes, size_t *size)
{
    Buffer image = {0};
    Err err = h5_image_in(file, &image);
    *bytes = image.bytes;
    *size = image.size;
    return err;
}
