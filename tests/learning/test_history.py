"""The verdict is found when it is read, on the weights that the run ended with."""

import copy
import json
import pickle
import time

import numpy as np
import pytest

from tinygrad_edu.drawing.curves import plot
from tinygrad_edu.learning import verdict as verdict_module
from tinygrad_edu.learning.descent import backprop, learn_one_association, learn_two_inputs
from tinygrad_edu.learning.error_surface import ErrorSurface
from tinygrad_edu.learning.fit import fit
from tinygrad_edu.learning.history import History
from tinygrad_edu.learning.optimizer import Adam, GradientDescent
from tinygrad_edu.learning.stopping import EarlyStopping, Stopping
from tinygrad_edu.network.error import half_squared_error
from tinygrad_edu.network.layer import Network

rng = np.random.default_rng(0)
x, target = rng.normal(size=(12, 2)), rng.normal(size=(12, 1))
others = rng.normal(size=(6, 2)), rng.normal(size=(6, 1))


def network(seed=1):
    return Network(2, 3, 1, bias=True, seed=seed)


def learn(net=None, epochs=300, **options):
    return fit(net or network(), x, target, GradientDescent(0.02), epochs=epochs, **options)


@pytest.fixture
def hessians(monkeypatch):
    """How many Hessians were computed so far."""
    counted = []
    whole = ErrorSurface.hessian
    monkeypatch.setattr(
        ErrorSurface, "hessian", lambda surface, w: counted.append(len(w)) or whole(surface, w)
    )
    return counted


RUNS = {
    "fit": lambda: learn(epochs=3000, tolerance=0.3),
    "early stopping": lambda: learn(
        epochs=3000, tolerance=0.3, validation=others, early_stopping=EarlyStopping(10**6)
    ),
    "backprop": lambda: backprop(network(), x, target, 0.02, Stopping(0.3, 3000)),
    "backprop without weights": lambda: backprop(
        network(), x, target, 0.02, Stopping(0.3, 3000), keep_weights=False
    ),
    "two inputs": lambda: learn_two_inputs(x, target.ravel(), np.zeros(2), 0.02, Stopping(1e-3)),
    "one weight": lambda: learn_one_association(0.8, 0.2, 0.4, 0.5),
}
runs = pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)


@runs
def test_no_hessian_is_computed_before_the_verdict_is_read_and_then_one(run, hessians):
    history = run()
    assert history.E[-1] >= 0
    assert history.reason
    assert not hessians
    verdict = history.verdict
    assert verdict.kind
    assert len(hessians) == 1
    assert history.verdict is verdict
    assert len(hessians) == 1


@runs
def test_the_verdict_is_that_of_the_weights_at_the_end_of_the_run_whatever_they_are_later(run):
    expected, history = run().verdict, run()
    for w in history.network.parameters:
        w.data = np.full(w.shape, 7.0)
    assert history.verdict == expected


def test_a_network_that_learns_on_does_not_change_what_is_said_of_the_first_run():
    expected = learn().verdict
    first = learn()
    second = learn(first.network, epochs=4000, resume=first)
    third = fit(first.network, x, target + 5, Adam(0.1), epochs=50)
    assert third.verdict != second.verdict
    assert first.verdict == expected
    assert second.verdict == learn(epochs=4000).verdict


def test_a_run_that_is_gone_on_with_has_no_verdict_before_it_ends():
    first, seen = learn(epochs=5), []
    assert first.verdict.kind == "cap"
    learn(
        first.network, epochs=8, resume=first, report=lambda history: seen.append(history.verdict)
    )
    assert seen == [None] * 3
    assert first.verdict.kind == "cap"


@pytest.mark.parametrize(
    "copied",
    [lambda h: pickle.loads(pickle.dumps(h)), copy.deepcopy, copy.copy, History.copy],
    ids=["pickle", "deepcopy", "copy", "History.copy"],
)
@pytest.mark.parametrize("read_before", [False, True])
@runs
def test_a_copy_has_the_same_verdict(run, copied, read_before):
    history, expected = run(), run().verdict
    if read_before:
        assert history.verdict == expected
    other = copied(history)
    for w in history.network.parameters:
        w.data = np.full(w.shape, 7.0)
    assert other.verdict == expected


@pytest.mark.parametrize("read_before", [False, True])
def test_a_file_has_the_verdict_too(read_before, tmp_path):
    history, expected = learn(), learn().verdict
    if read_before:
        assert history.verdict == expected
    history.save(str(tmp_path / "run.npz"))
    assert History.load(str(tmp_path / "run.npz")).verdict == expected


def test_printing_and_plotting_tell_the_verdict():
    for text in (
        repr(learn()),
        str(learn()),
        f"{learn()}",
        plot(learn())._suptitle.get_text().replace("\n", " "),
    ):
        assert str(learn().verdict) in text


def test_a_run_of_a_large_network_costs_what_its_passes_cost():
    points = rng.normal(size=(20, 3))
    seconds = []
    for read in (False, True):
        start = time.perf_counter()
        for seed in range(3):
            history = fit(
                Network(3, 67, 1, bias=True, seed=seed),
                points,
                points[:, :1],
                Adam(1e-5),
                epochs=50,
                tolerance=0,
            )
            if read:
                assert history.verdict.place
                verdict_module.place_of(
                    history,
                    ErrorSurface(history.network, points, points[:, :1]),
                    dict(history.verdict.evidence),
                )
        seconds.append(time.perf_counter() - start)
    assert seconds[0] < 0.5 * seconds[1]


def test_a_verdict_can_be_replaced():
    history = learn()
    history.verdict = None
    assert history.verdict is None
    assert "cap: 300 passes" in repr(history)


# -- early stopping, and errors that are no numbers ------------------------------------------------


def spoilt(bad, value=np.nan):
    """An error that is `value` on the validation set at the given calls, and right otherwise."""
    calls = -1  # the first finds out whether it can be used

    def error(y, target):
        nonlocal calls
        E = half_squared_error(y, target)
        if len(target) == 6:
            calls += 1
            if calls - 1 in bad:
                return E * value
        return E

    return error


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("bad", [[0], [0, 1], [3], [10], range(5), range(8, 30)])
def test_a_pass_whose_validation_error_is_no_number_is_never_the_best(bad, value):
    history = learn(
        epochs=40, validation=others, early_stopping=EarlyStopping(10**6), error=spoilt(bad, value)
    )
    assert not np.isfinite([history.validation[n] for n in bad]).any()
    assert history.best_epoch == history.best[0] == int(np.nanargmin(history.validation))
    for w, kept in zip(history.network.parameters, history.weights[history.best_epoch]):
        np.testing.assert_array_equal(w.data, kept)


def test_a_pass_without_a_number_counts_as_one_that_is_not_lower():
    history = learn(
        epochs=40, validation=others, early_stopping=EarlyStopping(2), error=spoilt(range(1, 60))
    )
    assert history.best[0] == 0
    assert history.stop_epoch == 3
    assert history.verdict.kind == "validation"


def test_if_it_is_never_a_number_learning_stops_and_says_so_and_the_last_weights_stay():
    history = learn(
        epochs=40, validation=others, early_stopping=EarlyStopping(2), error=spoilt(range(60))
    )
    assert history.best is None
    assert history.stop_epoch == 2
    assert (
        history.verdict.sentence == "the validation error was never a finite number, in 3 passes."
    )
    np.testing.assert_array_equal(history.network.weights[0], history.last[1][0])
    assert repr(history)
    plot(history)
    gone_on = learn(
        history.network,
        epochs=10,
        validation=others,
        early_stopping=EarlyStopping(2),
        error=half_squared_error,
        resume=history,
    )
    assert gone_on.best is not None


# -- going on with an error of one's own -----------------------------------------------------------


def fourth(y, target):
    return ((y - target) ** 4).sum()


def make():
    return lambda y, target: ((y - target) ** 4).sum()


OWN = {
    "a function": lambda: fourth,
    "another lambda": make,
    "a part": lambda: __import__("functools").partial(fourth),
}


@pytest.mark.parametrize("own", OWN.values(), ids=OWN)
@pytest.mark.parametrize(
    "options",
    [{}, {"decay": 0.1}, {"batch": 5}, {"validation": others, "early_stopping": EarlyStopping(3)}],
)
def test_a_run_with_an_error_of_ones_own_goes_on_when_it_is_given_again(own, options, tmp_path):
    def run(epochs, **more):
        net = more["resume"].network if "resume" in more else network()
        return fit(
            net, x, target, GradientDescent(0.001), epochs=epochs, error=own(), **options, **more
        )

    whole, first = run(12), run(5)
    first.save(tmp_path / "run.npz")
    for again in (first, History.load(tmp_path / "run.npz")):
        history = run(12, resume=again)
        assert history.E == whole.E
        np.testing.assert_array_equal(history.network.weights[0], whole.network.weights[0])


@pytest.mark.parametrize("from_file", [False, True])
def test_another_error_than_that_of_the_history_is_refused_and_changes_nothing(from_file, tmp_path):
    history = fit(network(), x, target, GradientDescent(0.001), epochs=5, error=fourth)
    if from_file:
        history = History.load(history.save(tmp_path / "run.npz"))
    before = [w.data for w in history.network.parameters]
    for error in (
        half_squared_error,
        lambda y, target: 2 * fourth(y, target),
        lambda y, target: fourth(y, target) + 1,
    ):
        with pytest.raises(ValueError, match=r"give error=fourth again"):
            fit(
                history.network,
                x,
                target,
                GradientDescent(0.001),
                epochs=8,
                error=error,
                resume=history,
            )
        for w, data in zip(history.network.parameters, before):
            np.testing.assert_array_equal(w.data, data)


def test_an_error_with_noise_in_it_can_be_gone_on_with(tmp_path):
    noise = np.random.default_rng(0)

    def noisy(y, target):
        return half_squared_error(y + noise.normal(size=y.shape), target)

    history = History.load(
        fit(network(), x, target, GradientDescent(0.001), epochs=5, error=noisy).save(
            tmp_path / "run.npz"
        )
    )
    assert (
        fit(
            history.network,
            x,
            target,
            GradientDescent(0.001),
            epochs=8,
            error=noisy,
            resume=history,
        ).stop_epoch
        == 8
    )


# -- what is drawn ---------------------------------------------------------------------------------


@pytest.mark.parametrize("decay", [0.0, 0.5])
@pytest.mark.parametrize("validation", [None, others])
def test_the_plot_shows_the_E_of_the_history(decay, validation):
    history = learn(decay=decay, validation=validation)
    curves = {line.get_label(): line.get_ydata() for line in plot(history).axes[0].lines}
    T = 12 if validation else 1
    name = "training set, with weight decay" if decay else "training set"
    np.testing.assert_allclose(curves[name], np.divide(history.E, T), rtol=1e-14)
    assert ("training set, without it" in curves) == bool(decay)
    if decay:
        np.testing.assert_allclose(
            curves["training set, without it"],
            np.subtract(history.E, history.penalty) / T,
            rtol=1e-14,
        )
    legend = plot(history).axes[0].get_legend()
    assert (legend is not None) == bool(decay or validation)


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (History(), ValueError),
        ([], TypeError),
        (None, TypeError),
        ("run.npz", TypeError),
        ([1.0, 0.5], TypeError),
        (Network(2, 1), TypeError),
    ],
)
def test_what_cannot_be_plotted_is_refused_in_a_sentence(given, kind):
    with pytest.raises(kind, match=r"plot"):
        plot(given)


def test_settings_come_back_from_a_file_as_they_were(tmp_path):
    history = fit(
        network(),
        x,
        target,
        GradientDescent(np.float32(0.02)),
        epochs=np.int64(3),
        batch=np.int32(5),
        seed=np.uint8(2),
        decay=np.float32(0.5),
        tolerance=np.float64(1e-3),
    )
    loaded = History.load(history.save(tmp_path / "run.npz"))
    for name in ("batch", "seed", "decay", "tolerance"):
        assert loaded.settings[name] == history.settings[name]
        assert type(loaded.settings[name]) is type(history.settings[name])
    assert json.dumps(
        {name: history.settings[name] for name in ("batch", "seed", "decay", "tolerance")}
    )
