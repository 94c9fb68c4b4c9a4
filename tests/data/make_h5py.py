#!/usr/bin/python3
"""Makes the small HDF5 files of this folder with h5py, as somebody would who never read our page on
data files. They are checked in, so that the tests need no h5py. Run me here to make them again:

    cd tests/data && /usr/bin/python3 make_h5py.py

Unless said otherwise, value i of an array (in C order) is i % 251, and label i is i % 3."""

import os

import h5py
import numpy as np


def ramp(shape, dtype):
    return (np.arange(np.prod(shape)) % 251).reshape(shape).astype(dtype)


def labels(n, dtype):
    return (np.arange(n) % 3).astype(dtype)


# Big-endian, an order that NumPy and old archives do have.
with h5py.File("big_endian.h5", "w") as f:
    f["train/x"] = ramp((6, 2, 3, 4), ">f4")
    f["train/y"] = labels(6, ">i2")

# Chunked in every dimension, shuffled, compressed; int64 labels, as np.arange makes them.
with h5py.File("compressed.h5", "w", libver="latest") as f:
    f.create_dataset("train/x", data=ramp((40, 7, 5), "u1"), chunks=(9, 3, 2), shuffle=True,
                     compression="gzip", fletcher32=True)
    f.create_dataset("train/y", data=labels(40, "i8"), chunks=(7,), compression="gzip")
    f.create_dataset("test/x", data=ramp((4, 7, 5), "u1"))
    f.create_dataset("test/y", data=labels(4, "u4"))
    f.attrs["classes"] = ["shirt", "shoe", "böot"]

# A column of labels, float64 x with a float16 test part.
with h5py.File("column.h5", "w") as f:
    f["train/x"] = ramp((5, 4), "f8")
    f["train/y"] = labels(5, "i4").reshape(5, 1)
    f["test/x"] = ramp((3, 4), "f2")
    f["test/y"] = labels(3, "u1")

# Regression on two targets; int32 x.
with h5py.File("regression.h5", "w") as f:
    f["train/x"] = ramp((5, 4), "i4")
    f["train/y"] = ramp((5, 2), "f8") / 4
    f["validation/x"] = ramp((2, 4), "i4")
    f["validation/y"] = ramp((2, 2), "f4") / 4

# Attributes of all the types that h5py users write.
with h5py.File("attributes.h5", "w") as f:
    f.attrs["uint8"] = np.uint8(200)
    f.attrs["int16_big_endian"] = np.array(-300, ">i2")
    f.attrs["python_int"] = 1 << 40
    f.attrs["one_in_a_list"] = [7]
    f.attrs["two"] = [7, 8]
    f.attrs["float"] = 0.25
    f.attrs["str"] = "größer"
    f.attrs["bytes"] = np.bytes_("fixed")
    f.attrs["empty_str"] = ""
    f.attrs["list"] = ["a", "", "ccc"]
    f.attrs["fixed_list"] = np.array(["a", "bb", "ccc"], "S3")
    f["group/data"] = ramp((3,), "u1")
    f["group/data"].attrs["on_data"] = 5

# What cannot be taken, each for its own reason.
for name in ("odd.h5", "elsewhere.h5"):
    if os.path.exists(name):
        os.remove(name)
with h5py.File("elsewhere.h5", "w") as f:
    f["x"] = ramp((4, 3), "u1")
with h5py.File("odd.h5", "w") as f:
    f["strings"] = ["one", "two"]
    f["compound"] = np.zeros(3, [("a", "i4"), ("b", "f4")])
    f["complex"] = np.zeros(3, "c8")
    f["bool"] = np.array([True, False, True])
    f["empty"] = h5py.Empty("f4")
    f["scalar"] = np.float64(2.5)
    f["no_rows"] = np.zeros((0, 3), "f4")
    f["group/inner"] = ramp((2,), "i8")
    f["external"] = h5py.ExternalLink("elsewhere.h5", "/x")
    f["dangling"] = h5py.SoftLink("/not/here")
    f["soft"] = h5py.SoftLink("/group/inner")
    f.create_dataset("lzf", data=np.zeros((64, 64), "u1"), compression="lzf")
    f.create_dataset("huge", shape=(1 << 40, 1 << 40), dtype="u1", chunks=(1, 1024))
    f.create_dataset("nine", data=np.zeros((1,) * 9, "u1"))
    layout = h5py.VirtualLayout(shape=(4, 3), dtype="u1")
    layout[:] = h5py.VirtualSource("elsewhere.h5", "x", shape=(4, 3))
    f.create_virtual_dataset("virtual", layout)
os.remove("elsewhere.h5")
