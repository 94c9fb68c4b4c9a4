#!/usr/bin/python3
"""Makes the NumPy files of test_import_npy.c. They are checked in, so that the tests need no NumPy.
Run me here to make them again:

    cd tests/data && /usr/bin/python3 make_numpy.py

x is (6, 2, 3), value i is i; y is 0 1 2 0 1 2; the test part is the first two rows."""

import os
import zipfile

import numpy as np

here = os.path.dirname(os.path.abspath(__file__))


def path(name):
    return os.path.join(here, name)


x = np.arange(36, dtype="float32").reshape(6, 2, 3)
y = np.arange(6) % 3

np.save(path("half.npy"), (x / 8 - 2).astype("<f2"))
np.save(path("big_endian.npy"), x.astype(">f8"))
np.save(path("signed.npy"), (x - 18).astype("<i2"))
np.save(path("fortran.npy"), np.asfortranarray(x))
np.save(path("object.npy"), np.array([None, 1], dtype=object), allow_pickle=True)
with open(path("version2.npy"), "wb") as file:
    np.lib.format.write_array(file, x.astype("u1"), version=(2, 0))
np.save(path("labels.npy"), y)
np.save(path("column.npy"), np.asfortranarray(y.reshape(6, 1).astype("u8")))

np.savez(path("keras.npz"), x_train=x, y_train=y, x_test=x[:2], y_test=y[:2])
np.savez_compressed(path("packed.npz"), x=x, y=y)
zipfile.ZIP64_LIMIT = 64  # every size and place beyond it is written as zip64 has it
np.savez(path("zip64.npz"), images=x, labels=y)
