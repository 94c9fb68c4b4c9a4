#!/usr/bin/python3
"""Records what PyTorch's optimizers do, in float64, in twenty steps on given gradients.
tests/test_optim.c compares lockstep's with the record. Needs python3-torch:

    tests/golden/make_optim.py > tests/golden/optim.txt

The format is that of make_golden.py: `optimizer` is the text of lockstep's section, `start` the
values before step 1, `gradient` and `rate` those of each step, `after/N` the values after step N.
The rate changes on the way, because it stands outside PyTorch's momentum buffer.
"""
import sys

import torch

N, STEPS = 9, 20
SHOWN = (1, 2, 3, 11, 20)


def optimizers():
    """Name, lockstep's section, PyTorch's optimizer."""
    sgd, adam, adamw = torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW
    yield "sgd", "{type: sgd, lr: 0.1}", sgd, {}
    yield "sgd_decay", "{type: sgd, weight_decay: 0.05}", sgd, {"weight_decay": 0.05}
    yield "momentum", "{type: sgd, momentum: 0.9}", sgd, {"momentum": 0.9}
    yield "classic_decay", "{type: sgd, momentum: {classic: 0.9}, weight_decay: 0.05}", sgd, {
        "momentum": 0.9, "weight_decay": 0.05}
    yield "nesterov", "{type: sgd, momentum: {nesterov: 0.9}}", sgd, {
        "momentum": 0.9, "nesterov": True}
    yield "nesterov_decay", "{type: sgd, momentum: {nesterov: 0.8}, weight_decay: 0.05}", sgd, {
        "momentum": 0.8, "nesterov": True, "weight_decay": 0.05}
    yield "adam", "{type: adam}", adam, {}
    yield "adam_decay", "{type: adam, beta1: 0.8, beta2: 0.99, eps: 1e-3, weight_decay: 0.05}", adam, {
        "betas": (0.8, 0.99), "eps": 1e-3, "weight_decay": 0.05}
    yield "adamw", "{type: adamw}", adamw, {}
    yield "adamw_decay", "{type: adamw, beta1: 0.8, beta2: 0.99, weight_decay: 0.3}", adamw, {
        "betas": (0.8, 0.99), "weight_decay": 0.3}
    yield "adamw_none", "{type: adamw, weight_decay: 0}", adamw, {"weight_decay": 0}


def array(name, values):
    values = values.flatten().tolist()
    print("array", name, len(values))
    print(*(repr(float(v)) for v in values))


def record(name, section, kind, settings):
    # Numbers that float32 holds exactly, from large to small.
    start = torch.round(torch.randn(N) * 64) / 64
    gradient = torch.round(torch.randn(STEPS, N) * 256) / 256 * 2.0 ** torch.arange(-6, 3)
    rate = torch.tensor([2.0 ** -6 if t < 8 else 2.0 ** -5 for t in range(STEPS)])
    print("net", name)
    print("optimizer", section)
    array("start", start)
    array("gradient", gradient)
    array("rate", rate)
    w = torch.nn.Parameter(start.clone())
    optimizer = kind([w], lr=1.0, **settings)
    for t in range(STEPS):
        optimizer.param_groups[0]["lr"] = float(rate[t])
        w.grad = gradient[t].clone()
        optimizer.step()
        if t + 1 in SHOWN:
            array(f"after/{t + 1}", w.detach())
    print("end")


if __name__ == "__main__":
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(1)
    print("# torch", torch.__version__, "by", sys.argv[0].rsplit("/", 1)[-1])
    for optimizer in optimizers():
        record(*optimizer)
