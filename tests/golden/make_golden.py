#!/usr/bin/python3
"""Records what PyTorch says, in float64, of small nets: outputs, loss, gradients, running statistics,
inference mode, and where ten training steps lead. tests/test_golden.c compares lockstep with the
record, so the tests run without PyTorch. Needs python3-torch:

    tests/golden/make_golden.py > tests/golden/nets.txt

The record is lines of words. `net NAME` begins one; `model`, `loss`, `targets` (classes or values),
`shape` and `optimizer` are texts; `array NAME COUNT` is followed by a line of COUNT numbers, samples
first; `end` ends the net. Gradients are those of the mean loss, as PyTorch users know them. More keys
and arrays may be added: the reader takes what it knows by name.

    value/LAYER/TENSOR      parameters and statistics before anything
    output, loss            in training mode
    gradient/LAYER/TENSOR
    moved/LAYER/TENSOR      statistics after that one pass
    evaluated               output in inference mode, before it; of nets where it differs
    losses, after/LAYER/TENSOR, evaluated_after      of a training run of len(losses) steps
"""
import sys

import torch
from torch import nn

SAMPLES = 17  # one more than a vector has lanes
STEPS = 10

WEIGHTS = [0.5, 2.0, 1.0, 3.0]


class SumSquares(nn.MSELoss):
    def forward(self, y, t):
        return super().forward(y, t) * y.shape[1]


class Labels(nn.BCEWithLogitsLoss):
    """Of one output and labels 0 and 1."""

    def forward(self, y, t):
        return super().forward(y[:, 0], t.double())


ENTROPY = "{cross_entropy: {%s}}"
SMOOTH, WEIGHTED = "label_smoothing: 0.1", "class_weights: [0.5, 2, 1, 3]"
WEIGHT = torch.tensor(WEIGHTS, dtype=torch.float64)
LOSSES = {  # lockstep's text, the kind of targets, PyTorch's
    "cross_entropy": ("cross_entropy", "classes", nn.CrossEntropyLoss()),
    "smooth": (ENTROPY % SMOOTH, "classes", nn.CrossEntropyLoss(label_smoothing=0.1)),
    "weighted": (ENTROPY % WEIGHTED, "classes", nn.CrossEntropyLoss(WEIGHT)),
    "smooth_weighted": (
        ENTROPY % f"{SMOOTH}, {WEIGHTED}",
        "classes",
        nn.CrossEntropyLoss(WEIGHT, label_smoothing=0.1),
    ),
    "sigmoid": ("sigmoid_cross_entropy", "values", nn.BCEWithLogitsLoss()),
    "labels": ("sigmoid_cross_entropy", "classes", Labels()),
    "mse": ("mse", "values", nn.MSELoss()),
    "sum_squares": ("sum_squares", "values", SumSquares()),
    "l1": ("l1", "values", nn.L1Loss()),
    "huber": ("{huber: 0.5}", "values", nn.HuberLoss(delta=0.5)),
}


class Add(nn.Linear):
    """x + linear(x). lockstep writes it as two layers, `dense` and `add`."""

    def forward(self, x):
        return x + super().forward(x)


class Residual(nn.Module):
    def __init__(self, main, skip=nn.Identity()):
        super().__init__()
        self.main, self.skip = main, skip

    def forward(self, x):
        return self.main(x) + self.skip(x)


TYPES = {
    nn.Linear: "dense",
    Add: "dense",
    nn.Conv2d: "conv2d",
    nn.BatchNorm1d: "batch_norm",
    nn.BatchNorm2d: "batch_norm",
    nn.LayerNorm: "layer_norm",
    nn.GroupNorm: "group_norm",
}


def leaves(net, prefix=""):
    """(lockstep's name, module) of all that have tensors. Layers of both stand at the same places."""
    for index, module in enumerate(net):
        if isinstance(module, Residual):
            for path in ("main", "skip"):
                if isinstance(getattr(module, path), nn.Sequential):
                    inside = f"{prefix}{index:02d}_residual/{path}/"
                    yield from leaves(getattr(module, path), inside)
        elif type(module) in TYPES:
            yield f"{prefix}{index:02d}_{TYPES[type(module)]}", module


def chain(*modules):
    return nn.Sequential(*modules)


def nets():
    """Name, lockstep's model, PyTorch's, the shape (channels, height, width), losses."""
    vector, image = (3, 1, 1), (3, 2, 2)
    one = ["cross_entropy"]
    activations = {
        "relu": nn.ReLU(),
        "leaky_relu": nn.LeakyReLU(),
        "elu": nn.ELU(),
        "sigmoid": nn.Sigmoid(),
        "gelu": nn.GELU(),
        "softmax": nn.Softmax(1),
        "linear": nn.Identity(),
    }
    for name, module in activations.items():
        net = chain(nn.Linear(3, 5), module, nn.Linear(5, 4))
        yield name, f"[{{dense: 5}}, {name}, {{dense: 4}}]", net, vector, one
    net = chain(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 4))
    losses = [name for name in LOSSES if name != "labels"]
    yield "tanh", "[{dense: 5}, tanh, {dense: 4}]", net, vector, losses
    net = chain(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 1))
    yield "tanh", "[{dense: 5}, tanh, {dense: 1}]", net, vector, ["labels"]
    net = chain(nn.Flatten(), nn.Linear(12, 4, bias=False))
    yield "image", "[flatten, {dense: {units: 4, bias: false}}]", net, image, one
    net = chain(nn.Linear(3, 4), Add(4, 4), nn.Identity(), nn.Tanh())
    model = "[{dense: 4}, {dense: 4}, {add: [00_dense, 01_dense]}, tanh]"
    yield "add", model, net, vector, one

    norm = nn.BatchNorm1d(5, eps=1e-3, momentum=0.3)
    net = chain(nn.Linear(3, 5, bias=False), norm, nn.Linear(5, 4))  # it would cancel a bias
    model = (
        "[{dense: {units: 5, bias: false}}, {batch_norm: {epsilon: 1e-3, momentum: 0.3}}, {dense: 4}]"
    )
    yield "batch_norm", model, net, vector, one + ["weighted"]
    norms = {
        "batch_norm": nn.BatchNorm2d(3),
        "layer_norm": nn.LayerNorm([3, 2, 2]),
        "{group_norm: 3}": nn.GroupNorm(3, 3),
    }
    for text, module in norms.items():
        name = "image_" + text.strip("{ }:3")
        net = chain(module, nn.Flatten(), nn.Linear(12, 4))
        yield name, f"[{text}, flatten, {{dense: 4}}]", net, image, one
    net = chain(nn.Linear(3, 6), nn.LayerNorm(6), nn.GroupNorm(2, 6), nn.Linear(6, 4))
    model = "[{dense: 6}, layer_norm, {group_norm: 2}, {dense: 4}]"
    yield "norms", model, net, vector, one
    inner = Residual(chain(nn.Linear(5, 5), nn.ReLU()))
    block = Residual(chain(nn.Linear(3, 5), inner), chain(nn.Linear(3, 5), nn.Tanh()))
    model = (
        "[{residual: {main: [{dense: 5}, {residual: [{dense: 5}, relu]}], "
        "skip: [{dense: 5}, tanh]}}, relu, {dense: 4}]"
    )
    yield "residual", model, chain(block, nn.ReLU(), nn.Linear(5, 4)), vector, one
    net = chain(
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
    yield "conv", model, net, (1, 5, 4), one
    net = chain(
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
    yield "stride", model, net, (2, 5, 3), one


def training_net():
    main = chain(nn.Linear(6, 6), nn.BatchNorm1d(6), nn.GELU(), nn.Linear(6, 6), nn.BatchNorm1d(6))
    net = chain(
        nn.BatchNorm2d(3),
        nn.Flatten(),
        nn.Linear(12, 6),
        Residual(main),
        nn.ReLU(),
        nn.LayerNorm(6),
        nn.Linear(6, 4),
    )
    nn.init.zeros_(main[4].weight)  # the block begins as the identity
    model = (
        "[batch_norm, flatten, {dense: 6}, {residual: [{dense: 6}, batch_norm, gelu, {dense: 6}, "
        "{batch_norm: {gamma: 0}}]}, relu, layer_norm, {dense: 4}]"
    )
    return model, net, (3, 2, 2)


def array(name, values):
    values = values.detach().flatten().tolist()
    print("array", name, len(values))
    print(*(repr(float(v)) for v in values))


def tensors(prefix, net, value, statistics=True, parameters=True):
    """Arrays PREFIX/LAYER/TENSOR."""
    for layer, module in leaves(net):
        for name, parameter in module.named_parameters() if parameters else ():
            array(f"{prefix}/{layer}/{name}", value(parameter))
        for name, buffer in module.named_buffers() if statistics else ():
            if name != "num_batches_tracked":
                array(f"{prefix}/{layer}/{name}", value(buffer))


def disturb(net):
    """Scales, shifts and statistics away from 1 and 0, where much would go unnoticed."""
    for _, module in leaves(net):
        if "Norm" in type(module).__name__:
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.uniform_(module.bias, -0.5, 0.5)
        if "Batch" in type(module).__name__:
            nn.init.uniform_(module.running_mean, -0.5, 0.5)
            nn.init.uniform_(module.running_var, 0.5, 1.5)


def batch(shape, kind, outputs):
    image = shape[1:] != (1, 1)
    x = torch.randn(SAMPLES, *shape) if image else torch.randn(SAMPLES, shape[0])
    if kind == "classes":
        return x, torch.randint(max(outputs, 2), (SAMPLES,))
    return x, torch.rand(SAMPLES, outputs)


def begin(name, model, shape, loss, x, target):
    channels, height, width = shape
    text, kind, _ = LOSSES[loss]
    print("net", name)
    print("model", model)
    print("loss", text)
    print("targets", kind)
    print("shape", height, width, channels)
    array("x", x.permute(0, 2, 3, 1) if x.dim() == 4 else x)  # lockstep's [pixel][channel]
    array("target", target)


def record(name, model, net, shape, loss):
    _, kind, module = LOSSES[loss]
    disturb(net)
    x, target = batch(shape, kind, net[-1].out_features if hasattr(net[-1], "out_features") else 4)
    begin(f"{name}_{loss}", model, shape, loss, x, target)
    tensors("value", net, lambda p: p)
    if "batch_norm" in model:
        array("evaluated", net.eval()(x))
    net.train().zero_grad()
    y = net(x)
    value = module(y, target)
    value.backward()
    array("output", y)
    array("loss", value)
    tensors("gradient", net, lambda p: p.grad, statistics=False)
    tensors("moved", net, lambda p: p, parameters=False)
    print("end")


def record_training():
    model, net, shape = training_net()
    _, kind, module = LOSSES["smooth"]
    x, target = batch(shape, kind, 4)
    begin("training", model, shape, "smooth", x, target)
    print("optimizer {type: sgd, lr: 0.1, momentum: 0.9}")
    tensors("value", net, lambda p: p)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    losses = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = module(net(x), target)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    array("losses", torch.tensor(losses))
    tensors("after", net, lambda p: p)
    array("evaluated_after", net.eval()(x))
    print("end")


if __name__ == "__main__":
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(1)
    print("# torch", torch.__version__, "by", sys.argv[0].rsplit("/", 1)[-1])
    for *net, losses in nets():
        for loss in losses:
            record(*net, loss)
    record_training()
