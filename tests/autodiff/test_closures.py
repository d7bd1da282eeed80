"""What f closes over keeps its graph: a derivative that depends on recorded Values is a Value."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinygrad_edu import (
    Network,
    Value,
    detach,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    no_record,
    tanh,
    value_and_grad,
    vjp,
)

# d/dx of w x³ at x = 1.5, by every transform, and how often that is differentiated
FIRST = {
    "grad": lambda f, x: grad(f)(x), "value_and_grad": lambda f, x: value_and_grad(f)(x)[1],
    "vjp": lambda f, x: vjp(f, x)[1](np.ones(np.shape(x))[()])[0],
    "jvp": lambda f, x: jvp(f, [x], [1.0])[1], "jacobian": lambda f, x: jacobian(f)(x),
    "a list": lambda f, x: grad(lambda xs: f(xs[0]) * xs[1].sum())([x, np.ones(1)])[0],
    "two arguments": lambda f, x: grad(lambda a, b: f(a) * b, (0, 1))(x, 1.0)[0],
}
SECOND = {
    "hessian": lambda f, x: hessian(f)(x), "hvp": lambda f, x: hvp(f)(x, 1.0),
    "grad of grad": lambda f, x: grad(grad(f))(x),
    "jvp of grad": lambda f, x: jvp(grad(f), [x], [1.0])[1],
    "grad of jvp": lambda f, x: grad(lambda x: jvp(f, [x], [1.0])[1])(x),
    "jvp of jvp": lambda f, x: jvp(lambda x: jvp(f, [x], [1.0])[1], [x], [1.0])[1],
}
BOTH = [pytest.param(d, 3 * 1.5**2, id=n) for n, d in FIRST.items()] + [
    pytest.param(d, 6 * 1.5, id=n) for n, d in SECOND.items()]


@pytest.mark.parametrize(("derivative", "expected"), BOTH)
def test_a_derivative_keeps_the_graph_of_what_f_closes_over(derivative, expected):
    w = Value(2.0)
    E = derivative(lambda x: w * x**3, 1.5) * w
    E.backward()
    assert w.grad == 2 * 2.0 * expected  # E is expected · w²


@pytest.mark.parametrize(("derivative", "expected"), BOTH)
def test_a_derivative_keeps_the_graph_of_a_result_that_f_closes_over(derivative, expected):
    w = Value(2.0)
    u = w * w
    derivative(lambda x: u * x**3, 1.5).backward()
    assert w.grad == 2 * 2.0 * expected


@pytest.mark.parametrize(("derivative", "expected"), BOTH)
def test_weights_that_f_makes_at_its_first_call_count(derivative, expected):
    made = {}

    def f(x):
        made.setdefault("w", Value(2.0))
        return made["w"] * x**3

    derivative(f, 1.5).backward()
    assert made["w"].grad == expected


@pytest.mark.parametrize("derivative", [d for d, _ in (p.values for p in BOTH)])
def test_a_derivative_that_depends_on_no_value_is_a_number(derivative):
    w = Value(2.0)

    def in_no_record(x):
        with no_record():
            u = w * x
        return u * x**3

    for f in (lambda x: x**3, lambda x: w + x**3, lambda x: detach(w * x) * x**3, in_no_record,
              lambda x: w.data * x**3):
        assert type(derivative(f, 1.5)) is float


def test_a_result_that_depends_on_a_value_is_one_also_if_its_derivative_does_not():
    w = Value(2.0)
    y, slope = value_and_grad(lambda x: w + 3.0 * x)(1.0)
    assert isinstance(y, Value)
    assert type(slope) is float
    y.backward()
    assert w.grad == 1.0


def test_an_array_of_weights_keeps_its_graph_through_a_jacobian():
    A = Value(np.arange(6.0).reshape(2, 3))
    J = jacobian(lambda x: A @ x)(np.ones(3))
    (J * J).sum().backward()
    np.testing.assert_array_equal(A.grad, 2 * A.data)


def test_where_nothing_is_recorded_a_derivative_holds_no_graph():
    w = Value(2.0)
    with no_record():
        assert type(grad(lambda x: w * x**3)(1.5)) is float
        y, of_value = value_and_grad(lambda x: w * x**3)(Value(1.5))
    assert (y, of_value) == (6.75, 13.5)
    assert y.op is of_value.op is None


def test_the_gradient_of_what_was_recorded_survives_a_later_assignment():
    w = Value(2.0)
    slope = grad(lambda x: w * w * x)(3.0)
    w.data = 100.0
    slope.backward()
    assert w.grad == 4.0


# -- derivatives of a network by its inputs, in its loss ------------------------------------------


def central_differences(loss, weights, h=1e-5):
    gradient = []
    for w in weights:
        entries = np.zeros(w.shape)
        for i in np.ndindex(w.shape):
            ends = []
            for sign in (1, -1):
                before = w.data
                moved = np.array(before)
                moved[i] += sign * h
                w.data = moved
                ends.append(loss().item())
                w.data = before
            entries[i] = (ends[0] - ends[1]) / (2 * h)
        gradient.append(entries)
    return gradient


def equation_of_first_order(u, x):
    """u' + u = sin x, on given points."""
    slope = grad(lambda x: u(x).sum())(x)
    return ((slope + u(x) - np.sin(x)) ** 2).sum()


def equation_of_second_order(u, x):
    """u'' + u = 0: the derivative nested twice."""
    curvature = grad(lambda x: grad(lambda x: u(x).sum())(x).sum())(x)
    return ((curvature + u(x)) ** 2).sum() + (u(x[:1]) ** 2).sum()


def gradient_penalty(u, x):
    """½ |∂u/∂x|², as for a discriminator."""
    slope = grad(lambda x: u(x).sum())(x)
    return u(x).sum() + 0.5 * (slope**2).sum()


def penalty_in_forward_mode(u, x):
    return (jvp(u, [x], [np.ones_like(x)])[1] ** 2).sum()


LOSSES = [equation_of_first_order, equation_of_second_order, gradient_penalty,
          penalty_in_forward_mode]


@pytest.mark.parametrize("loss", LOSSES)
@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=5)
def test_the_gradient_of_a_loss_with_input_derivatives_equals_differences(loss, seed):
    rng = np.random.default_rng(seed)
    w, b, v = (Value(rng.normal(size=shape)) for shape in ((1, 3), (3,), (3, 1)))
    x = rng.normal(size=(4, 1))
    evaluate = lambda: loss(lambda x: tanh(x @ w + b) @ v, x)  # noqa: E731
    evaluate().backward()
    for weight, expected in zip((w, b, v), central_differences(evaluate, (w, b, v))):
        grad_of_weight = np.zeros(weight.shape) if weight.grad is None else weight.grad
        np.testing.assert_allclose(grad_of_weight, expected, rtol=1e-5, atol=1e-5)


def test_a_network_learns_a_differential_equation():
    network = Network(1, 6, 1, hidden="tanh", bias=True, seed=0)
    x = np.linspace(0.0, 1.0, 8)[:, None]
    losses = []
    for _ in range(150):
        slope = grad(lambda x: network(x).sum())(x)
        E = ((slope - 1.0) ** 2).sum() + (network(x[:1]) ** 2).sum()
        E.backward()
        for w in network.parameters:
            w.data = w.data - 0.01 * w.grad
        losses.append(E.item())
    assert all(later <= earlier for earlier, later in itertools.pairwise(losses))
    assert losses[-1] < 0.05 * losses[0]
