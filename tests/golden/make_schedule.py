#!/usr/bin/python3
"""Records the rates of PyTorch's schedulers, in double, at steps of 100 samples in epochs of 1000.
tests/test_schedule.c compares lockstep's with the record. Needs python3-torch:

    tests/golden/make_schedule.py > tests/golden/schedule.txt

The format is that of make_golden.py: `schedule` is the text of lockstep's section, `run` the base
rate and the length in samples; `samples` before a step and its `rate`. Of plateaus, `figure` is what
an evaluation said and `rate` that of the steps behind it.
"""
import warnings

import torch
from torch.optim import lr_scheduler as of

warnings.filterwarnings("ignore")  # of optimizers that make no step
EPOCH = 10  # steps
BATCH = 100
LENGTH = 300  # steps
BASE, PEAK = 0.1, 0.4  # reference_batch 25 and batch 100: linear scaling by 4
SCALED = "reference_batch: 25, scaling: linear"


def rates(make, lr, stride):
    """The rate of each step; a scheduler of epochs steps once in `stride` steps."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr)
    scheduler = make(optimizer)
    for step in range(LENGTH):
        yield step, optimizer.param_groups[0]["lr"]
        if (step + 1) % stride == 0:
            scheduler.step()


def after_warmup(steps, start, make):
    """A linear ramp that has come to (t + 1) / steps of its way in step t, then `make`."""
    def both(optimizer):
        first = (start + (PEAK - start) / steps) / PEAK
        ramp = of.LinearLR(optimizer, start_factor=first, total_iters=steps - 1)
        return of.SequentialLR(optimizer, [ramp, make(optimizer)], milestones=[steps])
    return both


def schedules():
    """Name, lockstep's section, peak, steps between the scheduler's, PyTorch's scheduler."""
    yield "step", "{decay: {step: {every: 6 epochs}}}", BASE, 1, lambda o: of.StepLR(o, 60)
    yield "step_epochs", "{decay: {step: {every: 7 epochs, factor: 0.5}}}", BASE, EPOCH, (
        lambda o: of.StepLR(o, 7, gamma=0.5))
    yield "multi_step", "{decay: {multi_step: [5 epochs, 120 steps, 20000 samples]}}", BASE, 1, (
        lambda o: of.MultiStepLR(o, [50, 120, 200]))
    yield "multi_step_factor", "{decay: {multi_step: {at: [80 steps, 16 epochs], factor: 0.2}}}", BASE, 1, (
        lambda o: of.MultiStepLR(o, [80, 160], gamma=0.2))
    yield "exponential", "{decay: {exponential: {factor: 0.99, every: 1 step}}}", BASE, 1, (
        lambda o: of.ExponentialLR(o, 0.99))
    yield "cosine", "{decay: cosine}", BASE, 1, lambda o: of.CosineAnnealingLR(o, LENGTH)
    yield "cosine_min", "{decay: {cosine: 0.03}}", BASE, 1, (
        lambda o: of.CosineAnnealingLR(o, LENGTH, eta_min=0.03))
    yield "restarts", "{decay: {cosine: {period: 4 epochs}}}", BASE, 1, (
        lambda o: of.CosineAnnealingWarmRestarts(o, 40))
    yield "restarts_double", "{decay: {cosine: {period: 30 steps, multiplier: 2, min: 0.001}}}", BASE, 1, (
        lambda o: of.CosineAnnealingWarmRestarts(o, 30, T_mult=2, eta_min=0.001))
    yield "linear", "{decay: {linear: 0.025}}", BASE, 1, (
        lambda o: of.LinearLR(o, start_factor=1, end_factor=0.25, total_iters=LENGTH))
    yield "polynomial", "{decay: {polynomial: 2}}", BASE, 1, lambda o: of.PolynomialLR(o, LENGTH, power=2)
    yield "polynomial_root", "{decay: {polynomial: {power: 0.5}}}", BASE, 1, (
        lambda o: of.PolynomialLR(o, LENGTH, power=0.5))
    yield "warm_cosine", "{%s, warmup: 5 epochs, decay: {cosine: 0.01}}" % SCALED, PEAK, 1, after_warmup(
        50, 0, lambda o: of.CosineAnnealingLR(o, LENGTH - 50, eta_min=0.01))
    yield "warm_base", "{%s, warmup: {length: 5 epochs, from: base}}" % SCALED, PEAK, 1, after_warmup(
        50, BASE, lambda o: of.ConstantLR(o, 1))
    yield "warm_restarts", "{%s, warmup: 20 steps, decay: {cosine: {period: 70 steps}}}" % SCALED, PEAK, 1, (
        after_warmup(20, 0, lambda o: of.CosineAnnealingWarmRestarts(o, 70)))
    yield "warm_exponential", "{%s, warmup: 20 steps, decay: {exponential: {factor: 0.97, every: 1 steps}}}" % (
        SCALED), PEAK, 1, after_warmup(20, 0, lambda o: of.ExponentialLR(o, 0.97))
    # Stairs count from the start: PyTorch's milestones are those of the second scheduler.
    yield "goyal", "{%s, warmup: {length: 5 epochs, from: base}, decay: {multi_step: [10 epochs, 20 epochs]}}" % (
        SCALED), PEAK, 1, after_warmup(50, BASE, lambda o: of.MultiStepLR(o, [50, 150]))


def plateaus():
    """Name, lockstep's section, whether less is better, PyTorch's arguments."""
    yield "plateau", "{decay: {plateau: {factor: 0.2, patience: 2}}}", True, {
        "factor": 0.2, "patience": 2}
    yield "plateau_default", "{decay: plateau}", True, {}
    yield "plateau_cooldown", "{decay: {plateau: {factor: 0.5, patience: 1, cooldown: 3}}}", True, {
        "factor": 0.5, "patience": 1, "cooldown": 3}
    yield "plateau_min", "{decay: {plateau: {factor: 0.3, patience: 0, min: 0.02}}}", True, {
        "factor": 0.3, "patience": 0, "min_lr": 0.02}
    yield "plateau_rel", "{decay: {plateau: {factor: 0.7, patience: 1, threshold: 0.2}}}", True, {
        "factor": 0.7, "patience": 1, "threshold": 0.2}
    yield "plateau_abs", "{decay: {plateau: {factor: 0.7, patience: 1, threshold: 0.1, threshold_mode: abs}}}", True, {
        "factor": 0.7, "patience": 1, "threshold": 0.1, "threshold_mode": "abs"}
    yield "plateau_accuracy", "{decay: {plateau: {metric: validation_accuracy, factor: 0.6, patience: 2}}}", False, {
        "factor": 0.6, "patience": 2}
    yield "plateau_accuracy_rel", (
        "{decay: {plateau: {metric: validation_accuracy, factor: 0.6, patience: 1, threshold: 0.1}}}"), False, {
        "factor": 0.6, "patience": 1, "threshold": 0.1}
    yield "plateau_accuracy_abs", (
        "{decay: {plateau: {metric: validation_accuracy, factor: 0.6, patience: 1, threshold: 0.05, "
        "threshold_mode: abs}}}"), False, {
        "factor": 0.6, "patience": 1, "threshold": 0.05, "threshold_mode": "abs"}


def array(name, values):
    print(f"array {name} {len(values)}")
    print(" ".join(repr(float(v)) for v in values))


def record(name, section, arrays):
    print(f"name {name}\nschedule {section}\nrun {BASE} {LENGTH * BATCH}")
    for key, values in arrays.items():
        array(key, values)
    print("end")


def main():
    print(f"# torch {torch.__version__} by make_schedule.py")
    torch.manual_seed(1)
    for name, section, peak, stride, make in schedules():
        shown = [(s, r) for s, r in rates(make, peak, stride) if s % EPOCH in (0, 9) or s < 25]
        record(name, section, {"samples": [s * BATCH for s, r in shown], "rate": [r for s, r in shown]})
    falling = 1 / (1 + torch.arange(40) / 4) + 0.1 * torch.rand(40)
    falling[15:30] = 0.3 + 0.00001 * torch.arange(15)
    for name, section, less, arguments in plateaus():
        figures = [float(f) if less else 1 - float(f) / 1.2 for f in falling]
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=BASE)
        scheduler = of.ReduceLROnPlateau(optimizer, mode="min" if less else "max", **arguments)
        after = []
        for figure in figures:
            scheduler.step(figure)
            after.append(optimizer.param_groups[0]["lr"])
        record(name, section, {"figure": figures, "rate": after})


main()
