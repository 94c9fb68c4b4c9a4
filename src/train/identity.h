/* What the identity of bits rests on, in one line: version, build (with the CPU type it is for),
 * number type. Ranks compare theirs at start (train/agreement.c); checkpoints carry it; a resume
 * under another one says what changed. */
#ifndef TRAIN_IDENTITY_H
#define TRAIN_IDENTITY_H

#include "base/err.h"
#include "base/mem.h"

/* "lockstep 0.1.0; GNU 12.2.0 -O3 -march=znver4+avx512f float32; float32" */
const char *identity_text(Arena *arena);
/* STATUS_USER where this CPU lacks what the program was built for, in words. */
Err identity_check_cpu(void);
/* The first part (between "; ") that differs as "was X, is Y", or NULL. */
const char *identity_change(const char *was, const char *is, Arena *arena);

#endif
