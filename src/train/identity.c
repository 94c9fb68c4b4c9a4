/* The fingerprint. */
#include "train/identity.h"

#include "base/real.h"

#include <string.h>

#ifndef LOCKSTEP_VERSION
#define LOCKSTEP_VERSION "unknown"
#endif
#ifndef LOCKSTEP_BUILD
#define LOCKSTEP_BUILD "unknown build"
#endif

const char *identity_text(Arena *arena)
{
    return arena_text(arena, "lockstep %s; %s; %s", LOCKSTEP_VERSION, LOCKSTEP_BUILD, REAL_NAME);
}

Err identity_check_cpu(void)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
#ifdef __AVX512F__
    if (!__builtin_cpu_supports("avx512f"))
        FAIL(STATUS_USER, "this program was built for a CPU with AVX-512, which this one lacks; "
                          "build it here, or with -DLOCKSTEP_ARCH=x86-64-v3");
#endif
#ifdef __AVX2__
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma"))
        FAIL(STATUS_USER, "this program was built for a CPU with AVX2 and FMA, which this one "
                          "lacks; build it here, or with -DLOCKSTEP_ARCH=x86-64");
#endif
#endif
    return NULL;
}

const char *identity_change(const char *was, const char *is, Arena *arena)
{
    while (*was || *is) {
        int m = (int)strcspn(was, ";"), n = (int)strcspn(is, ";");
        if (m != n || strncmp(was, is, (size_t)n) != 0)
            return arena_text(arena, "was \"%.*s\", is \"%.*s\"", m, was, n, is);
        was += m + strspn(was + m, "; ");
        is += n + strspn(is + n, "; ");
    }
    return NULL;
}
