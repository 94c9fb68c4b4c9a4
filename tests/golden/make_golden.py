#!/usr/bin/python3
"""Records what PyTorch says, in float64, of small nets: outputs, loss, gradients. tests/test_golden.c
compares lockstep with the record, so the tests run without PyTorch. Needs python3-torch:

    tests/golden/make_golden.py > tests/golden/nets.txt

The record is lines of words. `net NAME` begins one; `model`, `loss` and `shape` are texts; `array
NAME COUNT` is followed by a line of COUNT numbers, samples first; `end` ends the net. Gradients are
those of the mean loss, as PyTorch users know them. More keys and arrays may be added: the reader
takes what it knows by name.
"""
import sys

import torch
from torch import nn

SAMPLES = 17  # one more than a vector has lanes

LOSSES = {"cross_entropy": nn.CrossEntropyLoss(), "mse": nn.MSELoss()}


class Residual(nn.Linear):
    """x + linear(x). lockstep writes it as two layers, `dense` and `add`."""

    def forward(self, x):
        return x + super().forward(x)


def nets():
    """Name, lockstep's model, PyTorch's, the shape (channels, height, width)."""
    activations = {
        "relu": nn.ReLU(),
        "leaky_relu": nn.LeakyReLU(),
        "elu": nn.ELU(),
        "sigmoid": nn.Sigmoid(),
        "tanh": nn.Tanh(),
        "linear": nn.Identity(),
    }
    for name, module in activations.items():
        layers = nn.Sequential(nn.Linear(3, 5), module, nn.Linear(5, 4))
        yield name, f"[{{dense: 5}}, {name}, {{dense: 4}}]", layers, (3, 1, 1)
    layers = nn.Sequential(nn.Flatten(), nn.Linear(12, 4, bias=False))
    yield "image", "[flatten, {dense: {units: 4, bias: false}}]", layers, (3, 2, 2)
    layers = nn.Sequential(nn.Linear(3, 4), Residual(4, 4), nn.Identity(), nn.Tanh())
    model = "[{dense: 4}, {dense: 4}, {add: [00_dense, 01_dense]}, tanh]"
    yield "residual", model, layers, (3, 1, 1)
    layers = nn.Sequential(
        nn.Conv2d(1, 2, 3, padding=1),
        nn.Tanh(),
        nn.MaxPool2d(3, stride=2, padding=1),
        nn.Conv2d(2, 3, (2, 3), stride=(1, 2), padding=(0, 1), bias=False),
        nn.AvgPool2d((2, 1), stride=1),
        nn.Flatten(),
        nn.Linear(3, 4),
    )
    model = (
        "[{conv2d: {filters: 2, kernel: 3, padding: same}}, tanh, "
        "{max_pool: {size: 3, stride: 2, padding: 1}}, "
        "{conv2d: {filters: 3, kernel: [2, 3], stride: [1, 2], padding: [0, 1], bias: false}}, "
        "{avg_pool: {size: [2, 1], stride: 1}}, flatten, {dense: 4}]"
    )
    yield "conv", model, layers, (1, 5, 4)
    layers = nn.Sequential(
        nn.Conv2d(2, 3, 3, stride=2, padding=1),
        nn.MaxPool2d((1, 2)),
        nn.Conv2d(3, 4, 1),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
    )
    model = (
        "[{conv2d: {filters: 3, kernel: 3, stride: 2, padding: 1}}, {max_pool: [1, 2]}, "
        "{conv2d: {filters: 4, kernel: 1}}, global_average_pool, flatten]"
    )
    yield "stride", model, layers, (2, 5, 3)


def array(name, values):
    values = values.detach().flatten().tolist()
    print("array", name, len(values))
    print(*(repr(float(v)) for v in values))


def tensors(prefix, net, value):
    """Arrays PREFIX/LAYER/TENSOR. Layers of both nets stand at the same places."""
    for index, module in enumerate(net):
        kind = "conv2d" if isinstance(module, nn.Conv2d) else "dense"
        for name, parameter in module.named_parameters():
            array(f"{prefix}/{index:02d}_{kind}/{name}", value(parameter))


def record(name, model, net, shape, loss):
    channels, height, width = shape
    image = shape[1:] != (1, 1)
    x = torch.randn(SAMPLES, *shape) if image else torch.randn(SAMPLES, channels)
    target = torch.randint(4, (SAMPLES,)) if loss == "cross_entropy" else torch.randn(SAMPLES, 4)
    net.zero_grad()
    y = net(x)
    value = LOSSES[loss](y, target)
    value.backward()

    print("net", f"{name}_{loss}")
    print("model", model)
    print("loss", loss)
    print("shape", height, width, channels)
    array("x", x.permute(0, 2, 3, 1) if image else x)  # lockstep's [pixel][channel]
    array("target", target)
    tensors("value", net, lambda p: p)
    array("output", y)
    array("loss", value)
    tensors("gradient", net, lambda p: p.grad)
    print("end")


if __name__ == "__main__":
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(1)
    print("# torch", torch.__version__, "by", sys.argv[0].rsplit("/", 1)[-1])
    for net in nets():
        for loss in LOSSES:
            record(*net, loss)
