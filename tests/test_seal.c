/* A seal tells of damage anywhere in a file, before anybody else reads it. */
#include "base/digest.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/seal.h"

#include "scratch.h"
#include "unit.h"

/* A sealed file of 1000 bytes in memory. */
static void make(void **bytes, size_t *size)
{
    Buffer buffer = {0};
    buffer_reserve(&buffer, 1000);
    buffer.size = 1000;
    for (size_t i = 0; i < buffer.size; i++)
        ((unsigned char *)buffer.bytes)[i] = (unsigned char)(i * 7);
    seal_buffer(&buffer);
    *bytes = buffer.bytes;
    *size = buffer.size;
}

static Err check(Scratch *scratch, const void *bytes, size_t size)
{
    const char *path = scratch_path(scratch, "sealed");
    scratch_write(path, bytes, size);
    return seal_check(path);
}

static void whole(void)
{
    Scratch scratch = scratch_make();
    void *bytes;
    size_t size;
    make(&bytes, &size);
    CU_ASSERT_EQUAL(size, 1016);
    CU_ASSERT(fine(check(&scratch, bytes, size)));
    mem_free(bytes);
    scratch_remove(&scratch);
}

static void flipped(void)
{
    Scratch scratch = scratch_make();
    void *bytes;
    size_t size;
    make(&bytes, &size);
    int known = 0;
    for (size_t at = 0; at < size; at++) {
        ((unsigned char *)bytes)[at] ^= 1 << at % 8;
        known += refused(check(&scratch, bytes, size), STATUS_USER, "sealed");
        ((unsigned char *)bytes)[at] ^= 1 << at % 8;
    }
    CU_ASSERT_EQUAL(known, (int)size);
    mem_free(bytes);
    scratch_remove(&scratch);
}

static void cut_short(void)
{
    Scratch scratch = scratch_make();
    void *bytes;
    size_t size;
    make(&bytes, &size);
    int known = 0;
    for (size_t length = 0; length < size; length++)
        known += refused(check(&scratch, bytes, length), STATUS_USER, "sealed");
    CU_ASSERT_EQUAL(known, (int)size);
    mem_free(bytes);
    scratch_remove(&scratch);
}

static const Promise promises[] = {
    {"a file as it was written passes", whole},
    {"a flipped bit is known, wherever it is", flipped},
    {"a missing end is known, however short", cut_short},
    {0},
};

int main(void)
{
    return unit_run("seal", promises);
}
