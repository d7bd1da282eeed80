"""The table of operations: how each is called, with what, and which numbers it can take.

An operation is kept away from its kinks, ties and poles, where libraries may differ and numerical errors grow; `test_operations.py`
tries those. What `fits` says holds for the numbers at hand, in a program from a seed as in one that has been made small.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from . import choices
from .making import ANY, MARGIN, Domain
from .rows import row

SMALL = Domain(-1.5, 1.5, guards=((("tanh", None),), (("sin", None),), (("multiply", 0.2),)))
POSITIVE_GUARDS: Any = ((("softplus", None), ("add", 0.25)), (("sigmoid", None), ("add", 0.25)), (("tanh", None), ("exp", None)),
                        (("sin", None), ("square", None), ("add", 0.5)))
POSITIVE = Domain(low=0.2, guards=POSITIVE_GUARDS)
AWAY = Domain(away=0.3, guards=POSITIVE_GUARDS)
BASE = Domain(0.2, 4.0, guards=POSITIVE_GUARDS[1:3])
EXPONENT = Domain(-2.5, 2.5, guards=((("tanh", None),), (("sin", None), ("multiply", 2.0))))
INSIDE = Domain(-0.85, 0.85, guards=((("tanh", None), ("multiply", 0.8)), (("sin", None), ("multiply", 0.8))))
ABOVE = Domain(low=-0.6, guards=((("tanh", None), ("multiply", 0.6)), (("softplus", None),)))
SHARE = Domain(0.0, 1.0, guards=((("sigmoid", None),),))


def far(x: Any, kink: Any) -> bool:
    return bool(np.min(np.abs(np.asarray(x) - kink)) > MARGIN)


def far_from_integers(x: Any) -> bool:
    return far(x, np.round(x))


def apart(x: Any, axis: Any = None) -> bool:
    """Whether no two entries tie, or nearly so, among those that are compared along the axes."""
    x = np.asarray(x)
    axes = range(x.ndim) if axis is None else [i % x.ndim for i in (axis if isinstance(axis, tuple) else (axis,))]
    rest = [i for i in range(x.ndim) if i not in axes]
    x = np.sort(np.transpose(x, [*rest, *axes]).reshape(*(x.shape[i] for i in rest), -1), axis=-1)
    return x.shape[-1] < 2 or float(np.min(np.diff(x, axis=-1))) > MARGIN


def regular(A: Any, *_: Any) -> bool:
    return A.ndim > 1 and A.shape[-1] == A.shape[-2] and float(np.max(np.linalg.cond(A))) < 50


def unary(names: str, domain: Domain = ANY, kink: float | None = None, **parameters: Sequence[Any]) -> None:
    """Rows for functions of one number."""
    for name in names.split():
        given = "".join(f", {parameter}={{{parameter}}}" for parameter in parameters)
        row(name, f"{name}({{0}}{given})", choices.one(domain, **parameters),
            lambda u, **_: domain.holds(u) and (kink is None or far(u, kink)))


def binary(name: str, operator: str = "", fits: Callable[..., bool] = lambda a, b: True, left: Domain = ANY, right: Domain = ANY,
           often: int = 1) -> None:
    """A row for a function of two numbers, perhaps with an operator."""
    row(name, f"{name}({{0}}, {{1}})", choices.two(left, right), lambda a, b: left.holds(a) and right.holds(b) and fits(a, b),
        ours=[f"{{0}} {operator} {{1}}"] * 2 if operator else [], often=often)


binary("add", "+", often=3)
binary("subtract", "-", often=3)
binary("multiply", "*", often=4)
binary("divide", "/", right=AWAY, often=2)
binary("power", "**", left=BASE, right=EXPONENT)
binary("maximum", fits=far)
binary("minimum", fits=far)
binary("hypot", fits=lambda a, b: bool(np.min(np.hypot(a, b)) > 0.3))
binary("arctan2", fits=lambda a, b: bool(np.min(np.hypot(a, b)) > 0.3 and np.all((b > 0.1) | (np.abs(a) > 0.1))))
binary("floor_divide", "//", lambda a, b: far_from_integers(a / b), right=AWAY)
binary("remainder", "%", lambda a, b: far_from_integers(a / b), right=AWAY)

row("negative", "negative({0})", choices.one(), ours=["-{0}"])
row("absolute", "absolute({0})", choices.one(), lambda u: far(u, 0), ours=["abs({0})"])
row("positive", "identity({0})", choices.one(), record="identity", only=["+{0}"], torch="+{0}")
row("detach", "detach({0})", choices.one(), record="identity", only=["detach({0})"])
row("whole power", "power({0}, {exponent})", choices.power(ANY, AWAY), lambda a, exponent: exponent >= 0 or AWAY.holds(a),
    record="power", ours=["{0} ** {exponent}"] * 3, hips="np.power({0}, {exponent})")
row("power of a number", "power({base}, {0})", choices.one(EXPONENT, base=[2, 0.5, 3.0, 1.5]), lambda b, base: EXPONENT.holds(b),
    record="power", ours=["{base} ** {0}"])
unary("square sin cos tanh sech sigmoid one_minus_sigmoid softplus identity arctan erf erfc log_sigmoid silu gelu")
unary("exp expm1 sinh cosh", SMALL)
unary("tan", Domain(-1.1, 1.1, guards=SMALL.guards[:2]))
unary("log sqrt log2 log10", POSITIVE)
unary("log1p", ABOVE)
unary("cbrt reciprocal", AWAY)
unary("arcsin arccos", INSIDE)
unary("relu sign", kink=0.0)
unary("leaky_relu", kink=0.0, slope=[0.01, 0.2])
unary("elu", kink=0.0, alpha=[1.0, 0.5])

row("where", "where({0} > {threshold}, {1}, {2})", choices.where, lambda c, a, b, threshold: far(c, threshold),
    ours=["ops.where({0} <= {threshold}, {2}, {1})"])
row("where of a Value", "where({0}, {1}, {2})", choices.where, lambda c, a, b, threshold: far(c, 0), record="where",
    hips="hips.where({0} != 0, {1}, {2})", torch="torch.where({0} != 0, {1}, {2})")
row("clip", "clip({0}, {1}, {2})", choices.three, lambda a, low, high: far(a, low) and far(np.maximum(a, low), high))
row("dropout", "dropout({0}, {rate}, {seed})", choices.one(rate=[0.25, 0.5], seed=[1, 2, 3]),
    only=["ops.dropout({0}, {rate}, np.random.default_rng({seed}))",
          "ops.dropout({0}, generator=np.random.default_rng({seed}), rate={rate})"])

AXES = "({0}, axis={axis}, keepdims={keepdims})"
row("sum", f"sum{AXES}", choices.reduced(), often=2)
row("sum of rows", "sum({0}, axis=0, keepdims=False)", lambda m: ([m.array()], {}), record="getitem", only=["sum({0})"])
row("mean", f"mean{AXES}", choices.reduced())
row("max", f"max{AXES}", choices.reduced(), lambda a, axis, keepdims: apart(a, axis))
row("min", f"min{AXES}", choices.reduced(), lambda a, axis, keepdims: apart(a, axis))
row("logsumexp", f"logsumexp{AXES}", choices.reduced())
row("prod", f"prod{AXES}", choices.reduced())
row("norm", f"norm{AXES}", choices.reduced(), lambda a, axis, keepdims: bool(np.min(np.sum(a * a, axis=axis)) > 0.1))
for _name in ("var", "std"):  # not of one number, nor of numbers that are alike
    row(_name, f"{_name}({{0}}, axis={{axis}}, keepdims={{keepdims}}, ddof={{ddof}})", choices.reduced(ddof=[0, 0, 1]),
        lambda a, axis, keepdims, ddof: bool(a.size > 1 and np.min(a.var(axis=axis)) > 0.05), often=2)
row("cumsum", "cumsum({0}, axis={axis})", choices.along(whole=True))
row("softmax", "softmax({0}, axis={axis})", choices.along(several=True, whole=True))
row("log_softmax", "log_softmax({0}, axis={axis})", choices.along(several=True, whole=True))
row("sort", "sort({0}, axis={axis})", choices.along(), lambda a, axis: apart(a, axis))
row("cross_entropy", "cross_entropy({0}, target={target}, mean={mean})", choices.cross_entropy,
    ours=["ops.cross_entropy({0}, {target}, {mean})"])
row("binary_cross_entropy_with_logits", "binary_cross_entropy_with_logits({0}, {1}, mean={mean})",
    choices.binary_cross_entropy(SHARE), lambda u, target, mean: SHARE.holds(target))

row("matmul", "matmul({0}, {1})", choices.matmul, ours=["{0} @ {1}"] * 2, often=3)
row("dot", "dot({0}, {1})", choices.dot, ours=["np.dot({0}, {1})"])
row("outer", "outer({0}, {1})", choices.outer)
row("einsum", "einsum({subscripts}, {all})", choices.einsum, often=2)
row("tensordot", "tensordot({0}, {1}, axes={axes})", choices.tensordot, torch="torch_.tensordot({0}, {1}, {axes})")
row("trace", "trace({0}, {offset}, {axis1}, {axis2})", choices.trace)
row("solve", "solve({0}, {1})", choices.solve, regular)
row("inv", "inv({0})", choices.square, regular)
row("det", "det({0})", choices.square, regular)

row("reshape", "reshape({0}, {shape})", choices.reshape)
row("transpose", "transpose({0}, {axes})", choices.transpose)
row("T", "transpose({0})", lambda m: ([m.array()], {}), record="transpose", ours=["{0}.T"] * 3)
row("mT", "swapaxes({0}, -1, -2)", lambda m: ([m.array(2)], {}), record="transpose", only=["{0}.mT"])
row("swapaxes", "swapaxes({0}, {axis1}, {axis2})", choices.swapaxes)
row("moveaxis", "moveaxis({0}, {source}, {destination})", choices.moveaxis)
row("ravel", "ravel({0})", choices.one())
row("squeeze", "squeeze({0}, axis={axis})", choices.squeeze)
row("expand_dims", "expand_dims({0}, {axis})", choices.expand_dims)
row("broadcast_to", "broadcast_to({0}, {shape})", choices.broadcast_to)
row("sum_to", "sum_to({0}, {shape})", choices.sum_to)
row("cast", "cast({0}, dtype=None)", choices.one())
row("flip", "flip({0}, axis={axis})", choices.along(several=True, whole=True))
row("roll", "roll({0}, {shift}, axis={axis})", choices.roll)
row("concatenate", "concatenate([{all}], axis={axis})", choices.concatenate, hips="hips.concatenate([{all}], {axis})",
    torch="torch_.concatenate([{all}], {axis})")
row("stack", "stack([{all}], axis={axis})", choices.stack, torch="torch_.stack([{all}], {axis})")
row("split", "split({0}, {at}, {axis}, {i}, {j})", choices.split, only=[
    "(lambda p: 2.0 * p[{i}] + ops.sum(p[{j}], axis={axis}, keepdims=True))(ops.split({0}, {at}, axis={axis}))",
    "(lambda p: 2.0 * p[{i}] + ops.sum(p[{j}], axis={axis}, keepdims=True))(np.split({0}, {at}, {axis}))"])
row("tile", "tile({0}, {reps})", choices.tile)
row("repeat", "repeat({0}, {repeats}, axis={axis})", choices.repeat)
row("pad", "pad({0}, {pad_width}, value={value})", choices.pad,
    only=["ops.pad({0}, {pad_width}, value={value})", "np.pad({0}, {pad_width}, constant_values={value})"])
row("getitem", "getitem({0}, s_[{index}])", choices.getitem, often=3,
    only=["{0}[{index}]", "{0}[{index}]", "ops.getitem({0}, index=np.s_[{index}])"])
row("scatter", "scatter({0}, s_[{index}], shape={shape})", choices.scatter,
    only=["ops.scatter({0}, index=np.s_[{index}], shape={shape})"])
row("take", "take({0}, {indices}, axis={axis})", choices.take)
row("diag", "diag({0}, k={k})", choices.diagonal(1, 2))
row("tril", "tril({0}, k={k})", choices.diagonal(2, 4))
row("triu", "triu({0}, k={k})", choices.diagonal(2, 4))

row("conv2d", "conv2d({0}, {1}, stride={stride}, padding={padding})", choices.conv2d)
row("windows", "windows({0}, {size}, {stride})", choices.windows)
row("overlap", "overlap({0}, shape={shape}, stride={stride})", choices.overlap)
row("max_pool2d", "max_pool2d({0}, {size}, {stride})", choices.pool, lambda x, **_: apart(x))
row("avg_pool2d", "avg_pool2d({0}, {size}, {stride})", choices.pool)
