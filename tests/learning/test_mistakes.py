"""A mistake in a setting gets one sentence; NumPy's integers are integers everywhere."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tinygrad_edu.autodiff.mistakes import DTypeError, ShapeError
from tinygrad_edu.autodiff.operations import tanh
from tinygrad_edu.drawing.curves import plot
from tinygrad_edu.drawing.scenes import movie
from tinygrad_edu.learning.descent import backprop, learn_one_association, learn_two_inputs
from tinygrad_edu.learning.error_surface import ErrorSurface
from tinygrad_edu.learning.fit import fit
from tinygrad_edu.learning.history import History
from tinygrad_edu.learning.optimizer import Adam, GradientDescent, Momentum
from tinygrad_edu.learning.stopping import EarlyStopping, Stopping
from tinygrad_edu.network.layer import Layer, Network

x = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
target = np.array([[0.0], [1.0], [1.0], [0.0]])
INTEGERS = [int, np.int64, np.int32, np.int8, np.uint8, np.uint64]
NO_COUNT = [
    -1,
    1.5,
    5.0,
    "10",
    None,
    True,
    [3],
    float("nan"),
    float("inf"),
    np.bool_(True),
    np.float64(3),
]
NO_RATE = [
    -0.1,
    0,
    0.0,
    "0.1",
    None,
    float("nan"),
    float("inf"),
    True,
    [0.1],
    np.array([0.1]),
    1j,
    np.float64(-1),
]


def net():
    return Network(2, 2, 1)


def learn(**options):
    return fit(net(), x, target, GradientDescent(0.1), **{"epochs": 2, **options})


@pytest.mark.parametrize("integer", INTEGERS)
def test_numpy_integers_are_integers_everywhere(integer):
    assert (
        learn(epochs=integer(5), batch=integer(2), seed=integer(3)).E
        == learn(epochs=5, batch=2, seed=3).E
    )
    assert repr(Network(integer(2), integer(3), integer(1), seed=integer(1))) == repr(
        Network(2, 3, 1, seed=1)
    )
    assert (
        Network(2, 1, seed=integer(7)).weights[0].tolist()
        == Network(2, 1, seed=7).weights[0].tolist()
    )
    assert EarlyStopping(integer(4)) == EarlyStopping(4)
    assert Stopping(cap=integer(4)) == Stopping(cap=4)
    assert backprop(net(), x, target, integer(1), Stopping(0, integer(3))).steps == 3
    assert GradientDescent(integer(1)).epsilon == 1


@pytest.mark.parametrize("count", [0, *NO_COUNT])
@pytest.mark.parametrize("setting", ["epochs", "batch", "cap"])
def test_a_count_is_a_whole_number_from_1(setting, count):
    if (setting, count) == ("batch", None):
        return  # all at once
    make = (
        (lambda: Stopping(cap=count)) if setting == "cap" else (lambda: learn(**{setting: count}))
    )
    with pytest.raises(ValueError, match=rf"{setting} is .*; it is a whole number from 1\."):
        make()


@pytest.mark.parametrize("count", NO_COUNT)
@pytest.mark.parametrize(
    ("setting", "make"), [("patience", EarlyStopping), ("seed", lambda seed: learn(seed=seed))]
)
def test_patience_and_seed_are_whole_numbers_from_0(setting, make, count):
    with pytest.raises(ValueError, match=rf"{setting} is .*; it is a whole number from 0\."):
        make(count)


@pytest.mark.parametrize("seed", [-1, 1.5, "0", True, [1, 2], np.float64(2)])
def test_the_seed_of_a_network_is_a_whole_number_from_0(seed):
    with pytest.raises(ValueError, match=r"seed is .*; it is a whole number from 0\."):
        Network(2, 1, seed=seed)


@pytest.mark.parametrize("rate", NO_RATE, ids=repr)
@pytest.mark.parametrize(
    "make",
    [
        GradientDescent,
        Momentum,
        Adam,
        lambda rate: learn_one_association(0.8, 0.2, 0.4, rate),
        lambda rate: learn_two_inputs(x, target.ravel(), [0.0, 0.0], rate),
        lambda rate: backprop(net(), x, target, rate),
    ],
)
def test_a_learning_rate_is_a_number_above_0_in_every_optimizer_and_algorithm(make, rate):
    with pytest.raises(
        ValueError, match=r"ε is .*; a learning rate is a number above 0, such as 0\.1\."
    ):
        make(rate)


@pytest.mark.parametrize("number", [-1, "10", None, True, [3], float("nan"), float("inf"), 1j])
@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("decay", lambda number: learn(decay=number)),
        ("tolerance", lambda number: learn(tolerance=number)),
        ("tolerance", Stopping),
        ("tiny", lambda number: Adam(0.1, tiny=number)),
        ("decay", lambda number: ErrorSurface(net(), x, target, decay=number)),
    ],
)
def test_other_settings_are_numbers_from_0(name, make, number):
    with pytest.raises(ValueError, match=rf"{name} is .*; it is a number from 0\."):
        make(number)


@pytest.mark.parametrize("share", [-0.1, 1, 1.5, "0.9", None, True, float("nan")])
def test_what_is_kept_at_each_step_is_a_share(share):
    for make in (
        lambda: Momentum(0.1, share),
        lambda: Adam(0.1, beta_1=share),
        lambda: Adam(0.1, beta_2=share),
    ):
        with pytest.raises(ValueError, match=r"from 0 to just below 1"):
            make()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (["sigmoid"], ["list", "one for all"]),
        (("tanh", "relu"), ["tuple", "all hidden layers"]),
        (None, ["NoneType"]),
        (np.tanh, ["ufunc", "tanh", "by its name"]),
        (tanh, ["tanh"]),
        ({"a": 1}, ["dict"]),
        (3, ["int"]),
        ("Sigmoid", ["'Sigmoid'", "linear, sigmoid, tanh, relu"]),
        ("softmax", ["error=cross_entropy"]),
        ("", ["''"]),
    ],
)
def test_an_activation_function_is_given_by_one_name(name, words):
    for make in (
        lambda: Network(2, 2, 1, hidden=name),
        lambda: Network(2, 2, 1, output=name),
        lambda: Layer(np.ones((2, 1)), f=name),
    ):
        with pytest.raises(
            (TypeError, ValueError), match="Choose from linear, sigmoid, tanh, relu"
        ) as caught:
            make()
        assert all(word in str(caught.value) for word in words), caught.value
        assert len(str(caught.value)) < 330


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ((), ["at least two"]),
        ((2,), ["at least two"]),
        ((2, 2.0, 1), ["2.0", "whole number"]),
        (([2, 2, 1],), ["one by one"]),
        ((np.array([2, 1]),), ["one by one"]),
        ((2, 2, 1, "tanh"), ["hidden='tanh'"]),
        ((2, -1), ["-1"]),
        ((2, True, 1), ["True"]),
        ((2, None), ["None"]),
        ((2, np.float64(2)), ["whole number"]),
        (("2", "1"), ["'2'"]),
        ((2, [3], 1), ["[3]"]),
    ],
)
def test_the_sizes_of_a_network_are_whole_numbers_one_by_one(sizes, words):
    with pytest.raises(ValueError, match=r"Network\(2, 2, 1\)") as caught:
        Network(*sizes)
    assert all(word in str(caught.value) for word in words), caught.value


@pytest.mark.parametrize(
    ("mistake", "kind", "words"),
    [
        (lambda: Network(2, 1, bias="yes"), TypeError, ["'yes'", "True or False"]),
        (lambda: Network(2, 1, bias=[True]), TypeError, ["True or False"]),
        (lambda: Network(2, 1, weights=3), TypeError, ["list of arrays", "int"]),
        (
            lambda: Network(2, 1, weights=np.ones((1, 2, 1))),
            TypeError,
            ["list of arrays", "ndarray"],
        ),
        (lambda: Network(2, 1, weights={"w1": np.ones((2, 1))}), TypeError, ["dict"]),
        (lambda: Network(2, 1, weights=[None]), DTypeError, ["None"]),
        (lambda: Network(2, 1, weights=["w"]), DTypeError, ["'w'"]),
        (lambda: Network(2, 1, weights=[[[1.0], [2.0, 3.0]]]), ShapeError, ["equally long"]),
        (lambda: Network(2, 1, weights=[]), ShapeError, ["[(2, 1)]", "[]"]),
        (lambda: Network(2, 1, biases=1.0), TypeError, ["biases", "float"]),
        (lambda: Network(2, 2, 1, biases=[np.ones(2)]), ShapeError, ["biases [(2,)]"]),
        (lambda: Network.of([]), TypeError, ["at least one"]),
        (lambda: Network.of(Layer(np.ones((2, 1)))), TypeError, ["list of Layers"]),
        (lambda: Network.of([3, 4]), TypeError, ["list of Layers", "[3, 4]"]),
        (
            lambda: Network.of([Layer(np.ones((2, 3))), Layer(np.ones((2, 1)))]),
            ShapeError,
            ["3 units", "2 inputs"],
        ),
        (lambda: net().at(None), TypeError, ["list of arrays", "None"]),
        (lambda: net().at(3), TypeError, ["list of arrays"]),
        (lambda: net()("x"), DTypeError, ["'x'"]),
        (lambda: backprop("net", x, target, 0.1), TypeError, ["Network", "str"]),
        (lambda: backprop(net().at(net().weights), x, target, 0.1), TypeError, ["plain arrays"]),
        (lambda: backprop(net(), x, target, 0.1, report=3), TypeError, ["report is 3"]),
        (lambda: backprop(net(), x, target * np.nan, 0.1), ValueError, ["target[0, 0] is nan"]),
        (
            lambda: learn_two_inputs(x, [0, np.nan, 1, 1], [0, 0], 0.1),
            ValueError,
            ["target[1] is nan"],
        ),
        (lambda: learn_one_association(np.nan, 0.2, 0.4, 0.1), ValueError, ["x is nan"]),
        (lambda: learn_one_association(0.8, np.inf, 0.4, 0.1), ValueError, ["target is inf"]),
        (lambda: ErrorSurface("net", x, target), TypeError, ["Network", "str"]),
        (lambda: ErrorSurface(net(), x, target, "mse"), TypeError, ["'mse'"]),
        (lambda: ErrorSurface(net(), x, target)(3.0), ShapeError, ["()", "(6,)"]),
        (lambda: ErrorSurface(net(), x, target).gradient(np.ones(3)), ShapeError, ["(3,)", "(6,)"]),
        (lambda: ErrorSurface(net(), x, target)(np.ones((6, 1))), ShapeError, ["(6, 1)", "(6,)"]),
        (lambda: ErrorSurface(net(), x, target * np.nan), ValueError, ["target[0, 0] is nan"]),
        (lambda: fit(Network, x, target, GradientDescent(0.1)), TypeError, ["Network(2, 2, 1)"]),
        (lambda: fit(net(), x, target, Adam), TypeError, ["Adam(0.01)"]),
        (lambda: fit(net(), [[1, 2], [3]], target, Adam()), ShapeError, ["equally long"]),
        (
            lambda: fit(net(), pd.DataFrame({"a": ["u", "v"], "b": [1, 2]}), [[1], [2]], Adam()),
            DTypeError,
            ["DataFrame"],
        ),
        (
            lambda: fit(net(), x, [[0], [np.nan], [1], [0]], Adam()),
            ValueError,
            ["target[1, 0] is nan"],
        ),
        (lambda: learn(validation={"x": x}), TypeError, ["pair (x, target)"]),
        (lambda: learn(validation=True), TypeError, ["validation is True"]),
        (lambda: learn(validation=(x, target.ravel())), ShapeError, ["(4, 4)"]),
    ],
)
def test_mistakes_get_a_sentence(mistake, kind, words):
    with pytest.raises(kind) as caught:
        mistake()
    assert type(caught.value) is kind
    assert all(word in str(caught.value) for word in words), caught.value
    assert len(str(caught.value)) < 330


def test_lists_and_data_frames_are_learnt_like_arrays():
    expected = learn().E
    for kind in (
        np.ndarray.tolist,
        pd.DataFrame,
        np.asfortranarray,
        lambda a: a.astype(int),
        lambda a: a.astype(bool),
    ):
        assert expected == fit(net(), kind(x), kind(target), GradientDescent(0.1), epochs=2).E
        assert pytest.approx(
            expected, rel=1e-14
        ) == backprop(net(), kind(x), kind(target), 0.1, Stopping(0, 3)).E


@pytest.mark.parametrize("path", [5, b"run.png", ["run.png"], "", "."])
def test_what_is_no_path_is_refused_in_a_sentence(path):
    for write in (lambda: plot(learn(), path), lambda: learn().save(path)):
        with pytest.raises((TypeError, ValueError), match=r"path is a text|no file|saved as"):
            write()


@pytest.mark.parametrize("kind", [str, Path], ids=["str", "Path"])
def test_every_function_that_takes_a_path_takes_text_and_a_Path(kind, tmp_path):
    history = learn()
    plot(history, kind(tmp_path / "run.png"))
    movie(history, kind(tmp_path / "run.gif"), frames=2)
    history.save(kind(tmp_path / "run.npz"))
    assert History.load(kind(tmp_path / "run.npz")).E == history.E
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".gif", ".npz", ".png"]
