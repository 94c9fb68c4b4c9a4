#!/usr/bin/python3
"""Small data files with one thing wrong each, for tests/mpi/input.sh; the files are checked in.

    python3 tests/data/make_bad.py        # needs h5py
"""
import pathlib

import h5py
import numpy as np

here = pathlib.Path(__file__).parent
rows = 120


def write(name, x=None, y=None, **attributes):
    rng = np.random.default_rng(1)
    good_x = rng.random((rows, 6, 6), dtype=np.float32)
    good_y = (np.arange(rows) % 3).astype(np.uint8)
    with h5py.File(here / name, "w", libver="earliest", track_order=False) as f:
        if x is not False:
            f.create_dataset("train/x", data=good_x if x is None else x(good_x), track_times=False)
        f.create_dataset("train/y", data=good_y if y is None else y(good_y), track_times=False)
        f.attrs.update(attributes)


def planted(array, row, value):
    array = array.copy()
    array[row] = value
    return array


def planted_pixel(array):
    array = array.copy()
    array[77, 2, 5] = np.nan
    return array


write("bad_missing_x.h5", x=False)
write("bad_lengths.h5", y=lambda y: y[:-1])
write("bad_nan.h5", x=planted_pixel)
write("bad_label.h5", y=lambda y: planted(y, 99, 7), classes=["a", "b", "c"])
write("bad_size.h5", x=lambda x: x[:, :5, :4])

with h5py.File(here / "unwritten.h5", "w", libver="earliest", track_order=False) as f:
    for name, shape in {"train/x": (2**40, 4, 4), "train/y": (2**40,)}.items():
        f.create_dataset(name, shape, "u1", chunks=(1000, *shape[1:]), track_times=False)
