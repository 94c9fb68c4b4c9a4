/* What a run remembers across steps, Control, as the attributes of a checkpoint's /control. A
 * member that is younger than the file stays as a new run has it. */
#ifndef TRAIN_REMEMBER_H
#define TRAIN_REMEMBER_H

#include "base/h5.h"
#include "train/state.h"

Err remember_write(H5 *file, const Control *control);
/* Into a Control that is zeroed but for `evaluated`. STATUS_USER, with `path`: values that no run
 * has. */
Err remember_read(H5 *file, const char *path, Control *control);

#endif
