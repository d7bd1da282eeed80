"""The chain rule at a node: the terms come to the gradient, and the slides' number stands only where the slides' formula does."""

import re

import numpy as np
import pytest

from tinygrad_edu import Network, Value, half_squared_error, sigmoid, sqrt, tanh, weight_decay, where
from tinygrad_edu.drawing.caption import Captions, Label
from tinygrad_edu.drawing.neurons import find_units

X, TARGET = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([[0.0], [1], [1], [0]])


def network(*sizes, T=4, **how):
    net = Network(*sizes, seed=1, **how)
    rng = np.random.default_rng(0)
    return net, half_squared_error(net(rng.normal(size=(T, sizes[0]))), rng.normal(size=(T, sizes[-1])))


def one_weight():
    w = Value(0.4, name="w")
    return w, 0.5 * (w * 0.8 - 0.2) ** 2


# -- the formula and its numbers -----------------------------------------------------------------------------------


def test_the_caption_of_one_weight_is_equation_9():
    w, E = one_weight()
    caption = Captions(E).gradient(w)
    assert caption == (r"\frac{\partial E}{\partial w} = \delta_{y} \, x", r"0.12 \cdot 0.8 = 0.096", "9")
    assert str(caption).startswith("(9): ")


def test_the_caption_of_a_hidden_unit_is_equation_33():
    net = Network(2, 2, 1, bias=True, seed=1)
    E = half_squared_error(net(X[3:]), TARGET[3:])
    caption = Captions(E).gradient(net.layers[0].u, (0, 1))
    assert caption.formula == r"\delta_{z2} = z_{2} \, (1 - z_{2}) \, \delta_{y} \, \text{w2}{[}1, 0{]}"
    E.backward()
    z, delta, w = net.layers[0].y.data[0, 1], net.layers[1].delta[0, 0], net.layers[1].w.data[1, 0]
    assert caption.numbers == rf"{z * (1 - z):.4g} \cdot {delta:.4g} \cdot {w:.4g} = {z * (1 - z) * delta * w:.4g}"
    assert caption.equation == "33"


def test_a_hidden_unit_with_several_outputs_has_their_sum_in_brackets():
    net, E = network(2, 2, 3, T=1)
    caption = Captions(E).gradient(net.layers[0].u, (0, 0))
    assert re.fullmatch(r"\S+ \\cdot \(\S+ \\cdot \S+ \+ \S+ \\cdot \S+ \+ \S+ \\cdot \S+\) = \S+", caption.numbers)
    assert caption.equation == "33"


@pytest.mark.parametrize(("sizes", "T", "equation"), [
    ((1, 1), 1, "9"), ((2, 1), 1, "26"), ((2, 1), 4, "27"), ((4, 4), 3, "27"), ((2, 2, 1), 1, "34"), ((2, 2, 1), 4, "35"),
    ((2, 3, 3, 1), 4, "35"),
])
def test_a_weight_has_the_number_of_the_slide_that_it_belongs_to(sizes, T, equation):
    net, E = network(*sizes, T=T)
    captions = Captions(E)
    for layer in net.layers:
        assert {captions.gradient(layer.w, index).equation for index in np.ndindex(layer.w.shape)} == {equation}


def test_33_stands_at_every_hidden_unit_and_at_no_other_place():
    net, E = network(2, 3, 2, 1, T=2, bias=True)
    captions = Captions(E)
    numbered = {id(node) for node in captions.nodes if captions.rule(node).equation == "33"}
    hidden = {id(u) for layer in net.layers[:-1] for u in captions.taken.entries[layer.u].ravel()}
    assert numbered == hidden


def test_where_a_state_goes_elsewhere_too_it_is_not_33():
    net, E = network(2, 2, 1, T=1)
    captions = Captions(E + (net.layers[0].y ** 2).sum())
    assert captions.gradient(net.layers[0].u, (0, 0)).equation == ""


def test_weights_that_happen_to_be_equal_are_told_apart():
    net = Network(2, 2, 1, weights=[np.ones((2, 2)), np.ones((2, 1))])
    captions = Captions(half_squared_error(net(X[3:]), TARGET[3:]))
    assert captions.gradient(net.layers[0].w, (0, 0)).equation == "34"


def test_with_weight_decay_a_weight_has_no_number_for_it_is_another_formula():
    net, E = network(2, 1)
    captions = Captions(E + weight_decay([net.layers[0].w], 0.1))
    assert captions.gradient(net.layers[0].w, (0, 0)).equation == ""


def test_a_sigmoid_output_unit_has_its_slope_but_not_the_number_33():
    net, E = network(1, 1, T=1, output="sigmoid")
    caption = Captions(E).gradient(net.layers[0].u, (0, 0))
    assert "y \\, (1 - y)" in caption.formula
    assert caption.equation == ""


def worth(text):
    """What the left side of `a · b + ... = c` comes to, and c."""
    *left, right = text.split(" = ")
    number = lambda x: re.sub(r" \\cdot 10\^\{(-?\d+)\}", r"e\1", x)  # noqa: E731 - 1.5 · 10⁻⁷
    numbers = [number(part).replace(r"\cdot", "*") for part in (*left, right)]
    assert all(re.fullmatch(r"[-\d.e+*() ]+", part) for part in numbers), text
    return [eval(part, {"__builtins__": {}}) for part in numbers]  # digits and signs alone, as was just looked at


@pytest.mark.parametrize("make", [
    lambda: network(2, 2, 1, bias=True)[1], lambda: network(2, 3, 2)[1], lambda: one_weight()[1],
    lambda: sigmoid(Value(0.3, name="a") * Value(0.7, name="b")) / Value(2.0, name="c") - tanh(Value(0.1)) ** 3,
])
def test_the_numbers_of_every_caption_come_to_the_gradient(make):
    captions = Captions(make())
    for node in captions.nodes:
        if node not in captions.constants and len(captions.rule(node).terms) <= 6:
            for found in worth(captions.written(node).numbers):
                assert found == pytest.approx(float(node.grad), rel=2e-3, abs=1e-5)


def test_a_long_sum_is_cut_in_its_middle():
    net, E = network(1, 1, T=20)
    caption = Captions(E).gradient(net.layers[0].w, (0, 0))
    assert caption.formula.count(r"\delta") == 5
    assert r"\cdots" in caption.formula
    assert r"\cdots" in caption.numbers


def test_a_value_that_was_used_twice_has_both_terms():
    a, b = Value(2.0, name="a"), Value(3.0, name="b")
    caption = Captions(a / b - a).gradient(a)
    assert caption.formula == r"\frac{\partial E}{\partial a} = \frac{1}{b} - 1"
    assert caption.numbers == "0.3333 + (-1) = -0.6667"


def test_the_result_has_gradient_1_and_is_called_by_its_name():
    w, E = one_weight()
    E.name = "loss"
    captions = Captions(E)
    assert captions.written(captions.taken.root)[:2] == (r"\frac{\partial \text{loss}}{\partial \text{loss}}", "1")
    assert captions.gradient(w).formula.startswith(r"\frac{\partial \text{loss}}{\partial w}")


def test_no_name_stands_for_two_things():
    x = Value(3.0, name="x")
    y = x * x
    captions = Captions((y * x + x) * Value(2.0, name="y") * Value(1.0, name="v1") + Value(1.0, name="w1") * 2.0)
    labels = [captions.labels[node] for node in captions.nodes if node in captions.labels]
    assert len({label.text for label in labels}) == len(labels)
    assert len({label.latex for label in labels}) == len(labels)


def test_what_the_program_calls_u_is_called_so_and_delta_has_the_name_of_the_unit():
    net, E = network(2, 2, 1, T=1)
    net.layers[0].u.name, net.layers[1].u.name = "total", "out"
    assert Captions(E).gradient(net.layers[0].u, (0, 0)).formula.startswith(r"\delta_{z1} = z_{1} \, (1 - z_{1}) \, \delta_{y}")


def test_the_notebook_keeps_its_gradients():
    w, E = one_weight()
    Captions(E)
    assert w.grad is None


def test_a_branch_that_was_not_taken_counts_as_0_and_not_as_nan():
    x = Value(0.0, name="x")
    assert Captions(where(x > 0, sqrt(x), x) + x).gradient(x).numbers == "0 + 1 + 1 = 2"


def test_a_number_stands_once_if_there_is_nothing_to_work_out():
    w = Value(0.4, name="w")
    assert Captions(-w).gradient(w).numbers == "-1"


def test_the_base_of_a_power_may_be_a_constant():
    b = Value(3.0, name="b")
    assert Captions(2.0**b).gradient(b).formula == r"\frac{\partial E}{\partial b} = E \, \ln 2"


# -- where the slides have no number ---------------------------------------------------------------------------------


def w1_to_w4():
    return [Value(x, name=f"w{n}") for n, x in enumerate((0.4, 0.3, 0.2, 0.1), start=1)]


@pytest.mark.parametrize("make", [
    lambda w1, w2, w3, w4: 0.5 * (w1 * 0.8 + w1 - 0.2) ** 2,  # a weight and a bias
    lambda w1, w2, w3, w4: (w1 * 0.8 + w2 * 0.1 - 0.2) ** 2 + (w1 * 0.3 + w3 * 0.4 - 0.1) ** 2,  # of two units
    lambda w1, w2, w3, w4: 0.5 * (w1 * sigmoid(w1 * 0.3) - 0.1) ** 2,  # of two layers
    lambda w1, w2, w3, w4: 0.5 * (w1 * 0.8 + w2 * w1 - 0.2) ** 2,  # a weight and a state
    lambda w1, w2, w3, w4: (lambda p: (p + w2 * 0.3 - 1) ** 2 + (p + w3 * 0.1 - 0.2) ** 2)(w1 * 0.5),  # a product of two sums
    lambda w1, w2, w3, w4: w3 * sigmoid(w1 * 0.1 + w2 * 0.2) + w4 * sigmoid(w1 * 0.2 + w2 * 0.3),  # a filter at two places
])
def test_a_weight_with_several_roles_has_no_number_for_its_sum_is_not_over_associations(make):
    w = w1_to_w4()
    assert Captions(make(*w)).gradient(w[0]).equation == ""


def test_a_network_beside_a_deeper_one_keeps_its_numbers():
    x, target = X, TARGET
    shallow = Network(2, 1, seed=3)
    E = half_squared_error(Network(2, 2, 1)(x), target) + half_squared_error(shallow(x), target)
    assert Captions(E).gradient(shallow.layers[0].w, (0, 0)).equation == "27"


# -- names ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("label", "latex"), [
    (Label("w"), "w"), (Label("δ", "z1"), r"\delta_{z1}"), (Label("z", "1, t=0"), r"z_{\text{1, t=0}}"),
    (Label("w1", "0, 1"), r"\text{w1}_{0, 1}"),
    (Label("λ"), r"\lambda"), (Label("a_b"), r"\text{a\_b}"), (Label("\\"), r"\text{\textbackslash }"),
    (Label("50%{x}$&#^~"), r"\text{50\%\{x\}\$\&\#\textasciicircum \textasciitilde }"), (Label("\x00"), r"\text{�}"),
])
def test_names_are_text_to_latex_whatever_is_in_them(label, latex):
    assert label.latex == latex


@pytest.mark.parametrize("name", ["[", "a[", "]", "a]b", "[]", "[0]", "\\", "{", "}", "$", "w" * 100_000, "\n", "\x00", "<b>"])
def test_hostile_names_do_no_harm(name):
    w = Value([0.4, 0.5], name=name)
    captions = Captions((w * 2.0).sum())
    caption = captions.gradient(w, (1,))
    assert len(caption.formula) < 300
    assert caption.formula.count("{") - caption.formula.count(r"\{") == caption.formula.count("}") - caption.formula.count(r"\}")


# -- what cannot be said -------------------------------------------------------------------------------------------


def test_a_value_that_had_no_part_and_an_entry_that_is_not_said_are_refused():
    captions = Captions(one_weight()[1])
    with pytest.raises(ValueError, match="other had no part in the computation"):
        captions.gradient(Value(1.0, name="other"))
    v = Value([1.0, 2.0], name="v")
    w = Value([1.0, 2.0], name="w")
    with pytest.raises(ValueError, match="this entry of w had no part"):
        Captions(w[0] * 2.0).gradient(w, (1,))
    with pytest.raises(IndexError, match=r"v has shape \(2,\): say which entry, as in \(0,\)"):
        Captions(v.sum()).gradient(v)


# -- units ---------------------------------------------------------------------------------------------------------


def found(E):
    captions = Captions(E)
    return [(unit.name, unit.number, len(unit.y), len(unit.weights)) for unit in captions.units]


def test_the_units_of_a_network_are_found_layer_by_layer():
    assert found(network(2, 3, 1, T=4, bias=True)[1]) == [
        ("x", 1, 4, 0), ("x", 2, 4, 0), ("z", 1, 4, 2), ("z", 2, 4, 2), ("z", 3, 4, 2), ("y", None, 4, 3)]
    assert [unit[:2] for unit in found(network(1, 2, 2, 1)[1])] == [
        ("x", None), ("z1", 1), ("z1", 2), ("z2", 1), ("z2", 2), ("y", None)]


def test_the_total_inputs_and_states_are_those_of_the_layers():
    net, E = network(2, 2, 1, T=3, bias=True)
    captions = Captions(E)
    units = {(unit.name, unit.number): unit for unit in captions.units}
    for j in (1, 2):
        for of_unit, of_layer in ((units["z", j].u, net.layers[0].u), (units["z", j].y, net.layers[0].y)):
            assert [x.data for x in of_unit] == pytest.approx(of_layer.data[:, j - 1].tolist())
    assert [x.data for x in units["y", None].y] == pytest.approx(net.layers[1].y.data[:, 0].tolist())
    assert [source is units["z", j] for j, source in enumerate(units["y", None].sources, 1)] == [True, True]


def test_a_unit_that_was_written_by_hand_is_found_without_names():
    a, b, c = Value(0.1), Value(0.2), Value(0.3)
    assert found(tanh(a * 1.0 + b * 2.0 + c) * 1.0) == [("x", 1, 1, 0), ("x", 2, 1, 0), ("y", None, 1, 2)]


def test_a_recurrent_network_is_unrolled():
    w, v, z = Value(0.5, name="w"), Value(0.3, name="w_back"), Value(0.0)
    for x in (1.0, 2.0, 3.0):
        z = tanh(w * x + v * z)
    captions = Captions(0.5 * (z - 1.0) ** 2)
    assert [unit.layer for unit in captions.units if unit.u] == [1, 2, 3]
    assert captions.gradient(w).equation == ""  # a sum over the steps in time, and not over associations


def test_a_sum_over_the_outputs_is_not_taken_for_one_large_unit():
    w = Value(np.ones(3), name="w")
    assert found((np.ones((2, 3)) @ w).sum()) == [("x", 1, 2, 0), ("x", 2, 2, 0), ("x", 3, 2, 0), ("y", None, 2, 3)]


def test_units_with_inputs_of_their_own_have_the_states_that_they_were_made_from():
    w1, w2, w3, w4 = w1_to_w4()
    E = Value(0.0)
    for x1, x2 in ((0.3, 0.7), (0.5, -0.9), (-0.8, 0.4)):
        E = E + 0.5 * (w3 * sigmoid(w1 * x1) + w4 * sigmoid(w2 * x2) - 0.1) ** 2
    for unit in Captions(E).units:
        for u, states in zip(unit.u, unit.states):
            assert u.data == pytest.approx(sum(w.data * x.data for w, x in zip(unit.weights, states)))
        assert len(unit.y) == 3


def test_associations_in_another_order_are_not_mixed_up():
    w1, w2, *_ = w1_to_w4()
    z = [sigmoid(w1 * t) for t in (0.1, 0.2)]
    for unit in Captions((w2 * z[1] - 0.3) ** 2 + (w2 * z[0] - 0.3) ** 2).units:
        for u, states, sources in zip(unit.u, unit.states, [unit.sources] * len(unit.u)):
            assert all(state is source.y[t] for state, source in zip(states, sources) for t in [unit.u.index(u)])


def test_weights_that_are_shared_by_units_of_different_inputs_make_units_of_their_own():
    w1, w2, w3, _ = w1_to_w4()
    one, two = [sigmoid(w1 * t) for t in (0.1, 0.2)], [sigmoid(w2 * t) for t in (0.3, 0.4)]
    E = (w3 * one[0] - 0.3) ** 2 + (w3 * two[1] - 0.3) ** 2 + (one[1] + two[0]) * 0.0
    assert {len(unit.u) for unit in Captions(E).units if unit.u} == {1}


def test_a_sum_that_goes_on_to_two_places_is_a_total_input_of_its_own():
    w1, w2, w3, _ = w1_to_w4()
    s = w1 * 0.1 + w2 * 0.2
    units = Captions((s + w3 * 0.3 - 1.0) ** 2 + s**2).units
    assert ["w1", "w2"] in [[w.name for w in unit.weights] for unit in units]
    assert ["w1", "w2", "w3"] not in [[w.name for w in unit.weights] for unit in units]


def test_a_product_of_two_leaves_is_no_unit_unless_one_is_called_w():
    a, b, w = Value(1.0, name="a"), Value(2.0, name="b"), Value(3.0, name="w")
    assert found(a * b + a) == []
    assert found(a * 2.0) == []
    assert found(a * w) == [("a", None, 1, 0), ("y", None, 1, 1)]


@pytest.mark.parametrize("make", [lambda: Value(2.0) + 1.0, lambda: Value(2.0) * 3.0 - Value(1.0) * Value(2.0) * 4.0,
                                  lambda: (Value([1.0, 2.0]) ** 2).sum()])
def test_where_there_is_no_network_none_is_found(make):
    assert [unit for unit in Captions(make()).units if len(unit.weights) > 1] == []


def test_nothing_is_found_in_nothing():
    assert find_units([]) == []
