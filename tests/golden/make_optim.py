#!/usr/bin/python3
"""Records what PyTorch's optimizers do, in float64, in twenty steps on given gradients; where
PyTorch has no such form, what its formula does, written out here (class Formula and below).
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


class Formula:
    """Steps as PyTorch's optimizers do: `step` calls update(w, gradient, rate, t), t from 1."""

    def __init__(self, parameters, lr, **settings):
        self.w, self.t = parameters[0], 0
        self.param_groups = [{"lr": lr}]
        self.__dict__.update(settings)
        self.m, self.v, self.b = (torch.zeros_like(self.w.data) for _ in range(3))

    def step(self):
        self.t += 1
        self.w.data = self.update(self.w.data, self.w.grad, self.param_groups[0]["lr"], self.t)


class MomentumFormula(Formula):
    """Momentum with the rate outside the buffer. Coupled decay adds to the gradient, decoupled
    (Loshchilov and Hutter 2019, algorithm 1) shrinks the weights by rate x decay."""
    beta, form, coupled, decoupled = 0, "classic", 0, 0

    def update(self, w, g, rate, t):
        g = g + self.coupled * w
        self.v = self.beta * self.v + (1 - self.beta if self.form == "ema" else 1) * g
        step = g + self.beta * self.v if self.form == "nesterov" else self.v
        return w - rate * self.decoupled * w - rate * step


class AdamFormula(Formula):
    """Adam with epsilon inside the root, with and without the correction of the moments' bias."""
    beta1, beta2, eps, coupled, decoupled = 0.9, 0.999, 1e-8, 0, 0
    corrects = amsgrad = False

    def update(self, w, g, rate, t):
        g = g + self.coupled * w
        self.m = self.beta1 * self.m + (1 - self.beta1) * g
        self.v = self.beta2 * self.v + (1 - self.beta2) * g ** 2
        self.b = torch.maximum(self.b, self.v)
        m, v = self.m, self.b if self.amsgrad else self.v
        if self.corrects:
            m, v = m / (1 - self.beta1 ** t), v / (1 - self.beta2 ** t)
        return w - rate * self.decoupled * w - rate * m / torch.sqrt(v + self.eps)


class AdamOutside(AdamFormula):
    """Adam with epsilon outside the root and no correction."""

    def update(self, w, g, rate, t):
        self.m = self.beta1 * self.m + (1 - self.beta1) * g
        self.v = self.beta2 * self.v + (1 - self.beta2) * g ** 2
        return w - rate * self.m / (torch.sqrt(self.v) + self.eps)


class RMSpropFormula(Formula):
    """RMSprop with epsilon inside the root (Graves 2013, arXiv 1308.0850)."""
    alpha, eps, momentum, coupled, centered = 0.99, 1e-8, 0, 0, False

    def update(self, w, g, rate, t):
        g = g + self.coupled * w
        self.v = self.alpha * self.v + (1 - self.alpha) * g ** 2
        self.m = self.alpha * self.m + (1 - self.alpha) * g
        mean = self.m if self.centered else 0
        self.b = self.momentum * self.b + g / torch.sqrt(self.v - mean ** 2 + self.eps)
        return w - rate * self.b


def stochastic():
    """Name, lockstep's section, PyTorch's optimizer or a formula, and its settings."""
    sgd = torch.optim.SGD
    yield "sgd", "{type: sgd, lr: 0.1}", sgd, {}
    yield "sgd_decay", "{type: sgd, weight_decay: 0.05}", sgd, {"weight_decay": 0.05}
    yield "momentum", "{type: sgd, momentum: 0.9}", sgd, {"momentum": 0.9}
    yield "classic_decay", "{type: sgd, momentum: {classic: 0.9}, weight_decay: 0.05}", sgd, {
        "momentum": 0.9, "weight_decay": 0.05}
    yield "nesterov", "{type: sgd, momentum: {nesterov: 0.9}}", sgd, {
        "momentum": 0.9, "nesterov": True}
    yield "nesterov_decay", "{type: sgd, momentum: {nesterov: 0.8}, weight_decay: 0.05}", sgd, {
        "momentum": 0.8, "nesterov": True, "weight_decay": 0.05}
    yield "ema", "{type: sgd, momentum: {ema: 0.9}}", MomentumFormula, {
        "beta": 0.9, "form": "ema"}
    yield "ema_decay", "{type: sgd, momentum: {ema: 0.9}, weight_decay: 0.05}", MomentumFormula, {
        "beta": 0.9, "form": "ema", "coupled": 0.05}
    yield "sgdw", "{type: sgdw, lr: 0.1}", sgd, {}
    yield "sgdw_decay", "{type: sgdw, weight_decay: 0.3}", MomentumFormula, {"decoupled": 0.3}
    for form in ("classic", "ema", "nesterov"):
        section = f"{{type: sgdw, momentum: {{{form}: 0.9}}, weight_decay: 0.3}}"
        yield f"sgdw_{form}_decay", section, MomentumFormula, {
            "beta": 0.9, "form": form, "decoupled": 0.3}


def adams():
    adam, adamw = torch.optim.Adam, torch.optim.AdamW
    yield "adam", "{type: adam}", adam, {}
    yield "adam_decay", "{type: adam, beta1: 0.8, beta2: 0.99, eps: 1e-3, weight_decay: 0.05}", adam, {
        "betas": (0.8, 0.99), "eps": 1e-3, "weight_decay": 0.05}
    yield "adam_amsgrad", "{type: adam, beta2: 0.9, amsgrad: true, weight_decay: 0.05}", adam, {
        "betas": (0.9, 0.9), "amsgrad": True, "weight_decay": 0.05}
    yield "adam_inside", "{type: adam, eps_inside_root: true}", AdamFormula, {"corrects": True}
    yield "adam_inside_decay", "{type: adam, eps: 1e-2, eps_inside_root: true, weight_decay: 0.05}", \
        AdamFormula, {"corrects": True, "eps": 1e-2, "coupled": 0.05}
    yield "adam_short", "{type: adam, eps: 1e-4, eps_inside_root: true, bias_correction: false}", \
        AdamFormula, {"eps": 1e-4}
    yield "adam_uncorrected", "{type: adam, eps: 1e-4, bias_correction: false}", AdamOutside, {
        "eps": 1e-4}
    yield "adamw", "{type: adamw}", adamw, {}
    yield "adamw_decay", "{type: adamw, beta1: 0.8, beta2: 0.99, weight_decay: 0.3}", adamw, {
        "betas": (0.8, 0.99), "weight_decay": 0.3}
    yield "adamw_none", "{type: adamw, weight_decay: 0}", adamw, {"weight_decay": 0}
    yield "adamw_amsgrad", "{type: adamw, beta2: 0.9, amsgrad: true}", adamw, {
        "betas": (0.9, 0.9), "amsgrad": True}
    yield "adamw_inside", \
        "{type: adamw, beta2: 0.9, eps: 1e-2, eps_inside_root: true, amsgrad: true, weight_decay: 0.3}", \
        AdamFormula, {
            "corrects": True, "beta2": 0.9, "eps": 1e-2, "amsgrad": True, "decoupled": 0.3}


def divided():
    rmsprop, adagrad = torch.optim.RMSprop, torch.optim.Adagrad
    yield "rmsprop", "{type: rmsprop}", rmsprop, {}
    yield "rmsprop_decay", "{type: rmsprop, alpha: 0.9, eps: 1e-3, weight_decay: 0.05}", rmsprop, {
        "alpha": 0.9, "eps": 1e-3, "weight_decay": 0.05}
    yield "rmsprop_centered", "{type: rmsprop, centered: true}", rmsprop, {"centered": True}
    yield "rmsprop_momentum", "{type: rmsprop, momentum: 0.9, weight_decay: 0.05}", rmsprop, {
        "momentum": 0.9, "weight_decay": 0.05}
    yield "rmsprop_all", \
        "{type: rmsprop, alpha: 0.9, momentum: 0.9, centered: true, weight_decay: 0.05}", rmsprop, {
            "alpha": 0.9, "momentum": 0.9, "centered": True, "weight_decay": 0.05}
    yield "rmsprop_inside", "{type: rmsprop, eps_inside_root: true}", RMSpropFormula, {}
    yield "rmsprop_graves", \
        "{type: rmsprop, alpha: 0.95, momentum: 0.9, eps: 1e-4, eps_inside_root: true, centered: true}", \
        RMSpropFormula, {"alpha": 0.95, "momentum": 0.9, "eps": 1e-4, "centered": True}
    yield "rmsprop_inside_decay", \
        "{type: rmsprop, eps: 1e-2, eps_inside_root: true, momentum: 0.5, weight_decay: 0.05}", \
        RMSpropFormula, {"eps": 1e-2, "momentum": 0.5, "coupled": 0.05}
    yield "adagrad", "{type: adagrad}", adagrad, {}
    yield "adagrad_decay", "{type: adagrad, weight_decay: 0.05, lr_decay: 0.1}", adagrad, {
        "weight_decay": 0.05, "lr_decay": 0.1}
    yield "adagrad_start", "{type: adagrad, initial_accumulator_value: 0.5, eps: 1e-3}", adagrad, {
        "initial_accumulator_value": 0.5, "eps": 1e-3}


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
    for family in (stochastic, adams, divided):
        for optimizer in family():
            record(*optimizer)
