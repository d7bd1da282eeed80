"""fit: the path it takes, why it stops, and that a run can be repeated, interrupted, saved and gone on with to the last bit."""

import signal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinygrad_edu.autodiff.derivatives import grad
from tinygrad_edu.autodiff.mistakes import ShapeError
from tinygrad_edu.autodiff.value import Value
from tinygrad_edu.learning import history as history_module
from tinygrad_edu.learning.association import held_out
from tinygrad_edu.learning.fit import fit
from tinygrad_edu.learning.history import History
from tinygrad_edu.learning.optimizer import Adam, GradientDescent, Momentum
from tinygrad_edu.learning.stopping import EarlyStopping
from tinygrad_edu.network import delta
from tinygrad_edu.network.error import cross_entropy, half_squared_error
from tinygrad_edu.network.layer import Network
from tinygrad_edu.storage.arrays import FileError, load, save

rng = np.random.default_rng(0)
x, target = rng.normal(size=(12, 2)), rng.normal(size=(12, 1))
others = rng.normal(size=(6, 2)), rng.normal(size=(6, 1))
RUNS = {
    "full batch": (GradientDescent(0.02), {}),
    "momentum, mini-batches, decay": (Momentum(0.01), {"batch": 5, "decay": 0.1}),
    "Adam, early stopping": (Adam(0.02), {"validation": others, "early_stopping": EarlyStopping(1000)}),
    "held out, mini-batches": (Adam(0.02), {"validation": 0.25, "batch": 4, "seed": 3, "early_stopping": EarlyStopping(4)}),
}
runs = pytest.mark.parametrize("run", RUNS)


def network(seed=1):
    return Network(2, 3, 1, bias=True, seed=seed)


def learn(run, epochs, net=None, **more):
    optimizer, options = RUNS[run]
    return fit(net or network(), x, target, optimizer, epochs=epochs, **options, **more)


def same(one, other):
    """Whether two histories and their networks are the same to the last bit."""
    for name in ("E", "penalty", "gradient_norm", "validation", "kept", "verdict", "reason"):
        assert getattr(one, name) == getattr(other, name), name
    for ours, theirs in zip([*one.weights, one.last[1]], [*other.weights, other.last[1]], strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(ours, theirs, strict=True))
    assert all(np.array_equal(a.data, b.data) for a, b in zip(one.network.parameters, other.network.parameters, strict=True))
    return True


def test_full_batch_gradient_descent_with_decay_follows_the_path_of_the_hand_derivation():
    net = network()
    weights, biases = net.weights, net.biases
    history = fit(net, x, target, GradientDescent(0.02), epochs=30, decay=0.5)
    for epoch in range(30):
        states = delta.states(x, weights, biases)
        deltas = delta.deltas(states, weights, target)
        E = 0.5 * np.sum((states[-1] - target) ** 2) + 0.25 * sum((w**2).sum() for w in weights)
        assert history.E[epoch] == pytest.approx(E, rel=1e-12)
        assert history.penalty[epoch] == pytest.approx(0.25 * sum((w**2).sum() for w in weights), rel=1e-12)
        weights = [w - 0.02 * g for w, g in zip(weights, delta.gradients(states, deltas, weights, 0.5), strict=True)]
        biases = [b - 0.02 * g for b, g in zip(biases, delta.bias_gradients(deltas), strict=True)]
    for ours, theirs in zip(net.weights + net.biases, weights + biases, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-11)


@runs
def test_entry_n_is_what_n_passes_led_to(run):
    history = learn(run, 8)
    assert history.steps == history.stop_epoch + 1 == len(history.gradient_norm) == len(history.weights)
    assert history.kept == list(range(history.steps))
    np.testing.assert_array_equal(history.weights[0][0], network().weights[0])
    (x_in, target_in), decay = (history.x, history.target), history.settings["decay"]
    net = network().at(history.weights[-1])
    E = half_squared_error(net(x_in), target_in).item() + 0.5 * decay * sum((layer.w**2).sum() for layer in net.layers)
    assert history.E[-1] == pytest.approx(E, rel=1e-14)
    if history.validation:
        assert len(history.validation) == history.steps
        nets = [network().at(weights) for weights in history.weights]
        expected = [half_squared_error(net(history.validation_set[0]), history.validation_set[1]).item() for net in nets]
        np.testing.assert_allclose(history.validation, expected, rtol=1e-14)


@runs
def test_learning_goes_down(run):
    history = learn(run, 60)
    assert history.E[-1] < history.E[0]


@runs
def test_the_same_seed_gives_the_same_bits(run):
    assert same(learn(run, 12), learn(run, 12))


def test_another_seed_deals_other_mini_batches():
    runs = [fit(network(), x, target, GradientDescent(0.01), epochs=3, batch=5, seed=seed).E for seed in (0, 1)]
    assert runs[0] != runs[1]


@runs
@pytest.mark.parametrize("first", [1, 5, 12])
def test_a_run_that_is_saved_and_gone_on_with_is_the_same_to_the_last_bit(run, first, tmp_path):
    learn(run, first).save(tmp_path / "run.npz")
    loaded = History.load(tmp_path / "run.npz")
    assert same(loaded, learn(run, first))
    assert same(learn(run, 12, loaded.network, resume=loaded), learn(run, 12))


@runs
def test_going_on_changes_neither_the_history_gone_on_from_nor_what_is_over(run):
    history = learn(run, 5)
    entries = list(history.E)
    learn(run, 9, resume=history)
    assert entries == history.E
    assert same(learn(run, 5, resume=history), learn(run, 5))


@runs
@pytest.mark.parametrize("call", [1, 2, 9, 10, 11, 30])
def test_after_ctrl_c_in_the_middle_of_a_pass_all_is_as_after_the_last_whole_pass_and_it_can_go_on(run, call):
    calls = 0

    def interrupted(y, target):
        nonlocal calls
        calls += 1
        if calls == call + 4:  # the first four find out whether shapes fit, and whether E is a mean
            raise KeyboardInterrupt
        return half_squared_error(y, target)

    history = learn(run, 20, error=interrupted)
    calls = -(10**6)  # to read the verdict, E is computed some more times
    assert history.verdict.kind == "interrupted" or history.stop_epoch == 20 or "validation" in history.reason
    if history.verdict.kind == "interrupted" and history.stop_epoch:
        alone = learn(run, history.stop_epoch)
        assert alone.E == history.E
        assert all(np.array_equal(a, b) for a, b in zip(alone.last[1], history.last[1], strict=True))
    assert len(history.E) == len(history.gradient_norm) == len(history.penalty)
    assert np.isfinite(history.network(x).data).all()
    history.error = half_squared_error  # which it is again
    assert same(learn(run, 20, resume=history), learn(run, 20))


def test_a_real_ctrl_c_ends_learning_and_returns_the_history():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background it may be ignored
    history = fit(network(), x, target, GradientDescent(0.01), epochs=10**6,
                  report=lambda history: signal.raise_signal(signal.SIGINT) if history.steps == 7 else None)
    signal.signal(signal.SIGINT, before)
    assert history.verdict.kind == "interrupted"
    assert history.stop_epoch == 6


@pytest.mark.parametrize("call", [3, 6, 8])
def test_an_error_function_that_fails_leaves_the_weights_from_after_the_last_whole_pass(call):
    calls, net = 0, network()

    def failing(y, target):
        nonlocal calls
        calls += 1
        if calls == call + 3:  # the first three try it: shapes, and whether E is a mean
            raise ZeroDivisionError
        return half_squared_error(y, target)

    with pytest.raises(ZeroDivisionError):
        fit(net, x, target, Momentum(0.01), batch=5, error=failing)
    whole_passes = (call - 1) // 3
    expected = fit(network(), x, target, Momentum(0.01), batch=5, epochs=whole_passes) if whole_passes else None
    for w, other in zip(net.parameters, expected.last[1] if expected else [w.data for w in network().parameters], strict=True):
        np.testing.assert_array_equal(w.data, other)


def test_of_two_passes_that_are_equally_good_the_first_is_the_best():
    history = History(validation=[3.0])
    stop = EarlyStopping(patience=1)
    reasons = [stop.reason(history, "first")]
    for E in (3.0, 3.0):
        history.validation.append(E)
        reasons.append(stop.reason(history, "later"))
    assert history.best == (0, "first")
    assert reasons[:2] == ["", ""]
    assert "not lower for 2 passes, and lowest after 0" in reasons[2]


def test_mini_batches_add_up_to_the_whole():  # ε is so small that the weights stay where they are
    whole, dealt = (fit(network(), x, target, GradientDescent(1e-13), epochs=1, decay=0.7, batch=batch) for batch in (None, 5))
    for name in ("E", "penalty", "gradient_norm"):
        assert getattr(dealt, name) == pytest.approx(getattr(whole, name), rel=1e-9), name


@pytest.mark.parametrize("optimizer", [GradientDescent(0.05), Momentum(0.05), Adam(0.02)])
def test_the_last_weights_are_those_whose_gradient_was_found_to_be_small(optimizer):
    history = fit(Network(2, 1, seed=1), x, target, optimizer, epochs=5000, tolerance=0.1)
    assert history.converged
    assert history.gradient_norm[-1] < 0.1
    assert f"{history.gradient_norm[-1]:.2g} < 0.1" in history.reason
    np.testing.assert_array_equal(history.network.weights[0], history.weights[-1][0])


def test_early_stopping_with_patience_0_stops_when_the_validation_error_stops_decreasing():
    history = fit(network(), x, target, Adam(0.05), epochs=500, validation=others, early_stopping=EarlyStopping())
    v = history.validation
    assert all(later < earlier for earlier, later in zip(v[:-2], v[1:-1], strict=True))
    assert v[-1] >= v[-2]
    assert history.best_epoch == history.stop_epoch - 1
    assert history.verdict.kind == "validation"


@pytest.mark.parametrize("patience", [0, 1, 7, 10_000])
def test_early_stopping_waits_and_puts_the_best_weights_back(patience):
    history = fit(network(), x, target, Adam(0.05), epochs=120, validation=others, early_stopping=EarlyStopping(patience))
    best = history.best_epoch
    assert history.validation[best] == min(history.validation)
    assert history.stop_epoch == (best + patience + 1 if patience < 100 else 120)
    for w, kept in zip(history.network.parameters, history.weights[best], strict=True):
        np.testing.assert_array_equal(w.data, kept)


def test_a_validation_share_is_held_out_from_learning_by_the_seed():
    history = fit(network(), x, target, GradientDescent(0.01), epochs=2, validation=0.25, seed=5)
    (x_in, _), (x_out, _) = held_out(x, target, 0.25, 5)
    np.testing.assert_array_equal(history.x, x_in)
    np.testing.assert_array_equal(history.validation_set[0], x_out)


def test_labels_are_learnt_with_cross_entropy():
    labels = (x[:, 0] > 0).astype(int)
    net = Network(2, 2, bias=True)
    fit(net, x, labels, GradientDescent(0.5), epochs=200, error=cross_entropy)
    assert (net(x).data.argmax(axis=1) == labels).all()


@pytest.mark.parametrize("optimizer", [GradientDescent(50.0), GradientDescent(1e200), Momentum(5.0)])
def test_a_run_that_diverges_goes_back_to_its_lowest_error_and_can_go_on_more_slowly(optimizer):
    net = Network(2, 1, seed=1)
    history = fit(net, x, target, optimizer, epochs=1000)
    assert history.verdict.kind == "diverged"
    assert f"{optimizer.epsilon:g}" in history.verdict.sentence
    assert str(history.stop_epoch) in history.verdict.sentence
    assert not np.isfinite(history.E[-1])
    best = int(np.nanargmin(history.E))
    np.testing.assert_array_equal(net.weights[0], history.weights[best][0])
    slower = fit(net, x, target, GradientDescent(0.01), epochs=200, resume=history)
    assert slower.E[: best + 1] == history.E[: best + 1]
    assert slower.E[-1] < history.E[best]
    assert slower.verdict.place in ("minimum", "slope")
    assert len(history.weights) == len(history.kept) == history.steps


@pytest.mark.parametrize("epochs", range(20, 45))
def test_a_run_that_diverges_with_its_very_last_change_says_so_too(epochs):
    net = Network(1, 1, weights=[[[1.0]]])
    history = fit(net, [[1.0], [2.0]], [[1.0], [0.0]], GradientDescent(1e5), epochs=epochs)
    assert (history.verdict.kind == "diverged") == (not np.isfinite(history.E[-1]))
    assert np.isfinite(net.weights[0]).all()
    if history.verdict.kind == "diverged":
        assert net.weights[0].item() == 1.0
        assert fit(net, [[1.0], [2.0]], [[1.0], [0.0]], GradientDescent(0.01), epochs=50, resume=history).E[-1] < 1


def test_early_stopping_that_begins_on_resuming_knows_the_passes_before():
    late = fit(network(), x, target, Adam(0.1), epochs=60, validation=others)
    stop = EarlyStopping(1000)
    gone_on = fit(late.network, x, target, Adam(0.1), epochs=120, validation=others, early_stopping=stop, resume=late)
    best = int(np.argmin(gone_on.validation))
    assert best < 60
    assert gone_on.best_epoch == best
    np.testing.assert_array_equal(gone_on.network.weights[0], gone_on.weights[best][0])


def test_a_best_pass_of_an_earlier_early_stopping_is_not_put_back_without_one():
    first = fit(network(), x, target, Adam(0.1), epochs=10, validation=others, early_stopping=EarlyStopping(100))
    second = fit(first.network, x, target, Adam(0.1), epochs=20, validation=others, resume=first)
    assert second.best is None
    np.testing.assert_array_equal(second.network.weights[0], second.last[1][0])
    third = fit(first.network, x, target, GradientDescent(9.0), epochs=500, validation=others, resume=second)
    assert third.verdict.kind == "diverged"
    assert f"after {third.last[0]} pass" in third.verdict.sentence


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_early_stopping_goes_on_after_a_divergence(seed):
    net, stop = Network(2, 3, 1, bias=True, seed=seed), EarlyStopping(10**6)
    history = fit(net, x, target, GradientDescent(2.0), epochs=1000, validation=others, early_stopping=stop)
    assert history.verdict.kind == "diverged"
    assert f"after {history.best[0]} passes again" in history.verdict.sentence
    np.testing.assert_array_equal(net.weights[0], history.weights[history.best[0]][0])
    slower = fit(net, x, target, GradientDescent(0.01), epochs=60, validation=others, early_stopping=stop, resume=history)
    assert slower.validation[slower.best[0]] == min(slower.validation)
    assert len(slower.validation) == slower.steps == 61


def test_a_report_can_save_the_history_to_go_on_from_and_can_be_refused(tmp_path):
    fit(network(), x, target, Adam(0.02), epochs=6, report=lambda history: history.save(tmp_path / f"{history.steps}.npz"))
    loaded = History.load(tmp_path / "4.npz")
    assert loaded.verdict is None
    gone_on = fit(loaded.network, x, target, Adam(0.02), epochs=6, resume=loaded)
    assert same(gone_on, fit(network(), x, target, Adam(0.02), epochs=6))


def test_a_loaded_history_cannot_be_written_into(tmp_path):
    learn("full batch", 2).save(tmp_path / "run.npz")
    loaded = History.load(tmp_path / "run.npz")
    with pytest.raises(ValueError, match="read-only"):
        loaded.weights[0][0][0, 0] = 1.0


def test_a_long_run_keeps_the_weights_of_evenly_spaced_passes(monkeypatch):
    monkeypatch.setattr(history_module, "MOST_KEPT", 8)
    history = fit(network(), x, target, GradientDescent(0.001), epochs=50, tolerance=0)
    assert len(history.weights) == len(history.kept) <= 10
    assert history.kept == [*range(0, 50, 8), 50]
    monkeypatch.setattr(history_module, "MOST_KEPT", 1000)
    every = fit(network(), x, target, GradientDescent(0.001), epochs=50, tolerance=0)
    for epoch, weights in zip(history.kept, history.weights, strict=True):
        np.testing.assert_array_equal(weights[0], every.weights[epoch][0])


def test_no_more_weights_are_kept_than_there_is_memory_for(monkeypatch):
    net = Network(2, 1, 30, 1)  # the first layer is the smallest
    monkeypatch.setattr(history_module, "MEMORY", 10 * sum(w.data.nbytes for w in net.parameters))
    history = fit(net, x, target, GradientDescent(0.001), epochs=100, tolerance=0)
    assert 5 <= len(history.weights) <= 12
    assert history.kept[-1] == 100


@pytest.mark.parametrize("options", [
    {"hidden": "tanh", "bias": True}, {"hidden": "relu", "output": "sigmoid"}, {"output": "tanh", "bias": True},
])
def test_any_kind_of_network_comes_back_from_its_file(options, tmp_path):
    net = Network(2, 3, 2, 1, seed=4, **options)
    fit(net, x, target, Adam(0.01), epochs=3).save(tmp_path / "run.npz")
    loaded = History.load(tmp_path / "run.npz").network
    assert repr(loaded) == repr(net)
    np.testing.assert_array_equal(loaded(x).data, net(x).data)


@settings(max_examples=60, deadline=None)
@given(st.floats(0, 1, exclude_max=True), st.integers(0, 7))
def test_a_saved_history_with_one_flipped_bit_is_never_read_wrongly(tmp_path_factory, place, bit):
    path = tmp_path_factory.mktemp("flip") / "run.npz"
    history = learn("full batch", 3)
    history.save(path)
    damaged = bytearray(path.read_bytes())
    damaged[int(place * len(damaged))] ^= 1 << bit
    path.write_bytes(damaged)
    try:
        loaded = History.load(path)
    except ValueError as error:
        assert "damaged" in str(error)  # noqa: PT017
    else:
        assert same(loaded, history)


def test_saving_fails_whole_and_in_one_sentence(tmp_path):
    history = learn("full batch", 2)
    (tmp_path / "run.npz").write_text("precious")
    with pytest.raises(ValueError, match="is no history"):
        History.load(tmp_path / "run.npz")
    with pytest.raises(ValueError, match=r"run\.npz"):
        history.save(tmp_path / "run.pkl")
    with pytest.raises(FileNotFoundError, match="nowhere"):
        history.save(tmp_path / "nowhere" / "run.npz")
    with pytest.raises(ValueError, match="save those that `fit` gave"):
        History().save(tmp_path / "run.npz")
    assert [path.name for path in tmp_path.iterdir()] == ["run.npz"]
    assert (tmp_path / "run.npz").read_text() == "precious"


def test_a_file_of_other_arrays_is_no_history(tmp_path):
    path = learn("full batch", 2).save(tmp_path / "run.npz")
    arrays = load(path)
    newer = {**arrays, "about": arrays["about"].item().replace(history_module.FORMAT, "tinygrad_edu history 99")}
    for other in ({"w": x}, {**arrays, "about": x}, {**arrays, "about": "[]"}, newer, {"about": arrays["about"]}):
        save(path, other)
        with pytest.raises(FileError, match=r"run\.npz .* it is no history, or it was damaged: its arrays are others"):
            History.load(path)
    path.unlink()
    with pytest.raises(FileNotFoundError):
        History.load(path)


@pytest.mark.parametrize(("mistake", "kind", "words"), [
    (lambda: fit(network(), x, target, 0.1), TypeError, ["0.1", "GradientDescent(0.1)"]),
    (lambda: fit("net", x, target, Adam()), TypeError, ["Network", "str"]),
    (lambda: fit(network(), x, target[:5], Adam()), ShapeError, ["12 inputs", "5 targets"]),
    (lambda: fit(network(), x, target.ravel(), Adam()), ShapeError, ["(12, 1)", "(12,)"]),
    (lambda: fit(Network(3, 1), x, target, Adam()), ShapeError, ["3 input units", "(12, 2)"]),
    (lambda: fit(Network(2, 2), x, target, Adam()), ShapeError, ["(12, 2)", "(12, 1)"]),
    (lambda: fit(network(), np.where(x == x[3, 1], np.nan, x), target, Adam()), ValueError, ["x[3, 1] is nan"]),
    (lambda: fit(network(), x, target, Adam(), epochs=0), ValueError, ["epochs is 0", "whole number from 1"]),
    (lambda: fit(network(), x, target, Adam(), epochs=1.5), ValueError, ["epochs is 1.5"]),
    (lambda: fit(network(), x, target, Adam(), batch=0), ValueError, ["batch is 0"]),
    (lambda: fit(network(), x, target, Adam(), decay=-1), ValueError, ["decay is -1", "number from 0"]),
    (lambda: fit(network(), x, target, Adam(), tolerance=float("nan")), ValueError, ["tolerance is nan"]),
    (lambda: fit(network(), x, target, Adam(), seed=-1), ValueError, ["seed is -1"]),
    (lambda: fit(network(), x, target, Adam(), error="mse"), TypeError, ["'mse'", "half_squared_error"]),
    (lambda: fit(network(), x, target, Adam(), early_stopping=EarlyStopping()), ValueError, ["validation=0.2"]),
    (lambda: fit(network(), x, target, Adam(), early_stopping=5, validation=0.2), TypeError, ["EarlyStopping(patience=10)"]),
    (lambda: fit(network(), x, target, Adam(), validation=0.01), ValueError, ["0.01 of 12"]),
    (lambda: fit(network(), x, target, Adam(), validation=(others[0], others[1][:2])), ShapeError, ["6 inputs", "2 targets"]),
    (lambda: fit(Network(2, 1), x, target, Adam(), resume=learn("full batch", 1)), ShapeError, ["Layer(2 -> 3", "Layer(2 -> 1"]),
    (lambda: fit(network(), x, target, Adam(), resume=History()), ValueError, ["that `fit` gave"]),
    (lambda: fit(network(), x, target, Adam(), report=5), TypeError, ["report is 5", "print"]),
    (lambda: fit(network().at([w.data for w in network().parameters]), x, target, Adam()), TypeError, ["plain arrays"]),
    (lambda: fit(network(), x, target + 1, Adam(), resume=learn("full batch", 1)), ValueError, ["other associations"]),
    (lambda: fit(network(), x, target, Adam(), validation=(others[0], others[1] + 1), resume=learn("Adam, early stopping", 1)),
     ValueError, ["another validation set"]),
    (lambda: fit(network(), x, target, Adam(), resume="run.npz"), ValueError, ["History.load(path)"]),
    (lambda: fit(network(), x + 1, target, Adam(), resume=learn("full batch", 1)), ValueError, ["other associations"]),
    (lambda: fit(network(), x, target, Adam(), validation=0.2, resume=learn("full batch", 1)), ValueError, ["associations"]),
    (lambda: fit(network(), x, target, Adam(), validation=others, resume=learn("full batch", 1)), ValueError, ["validation set"]),
    (lambda: fit(network(), x, target, Adam(), epochs=2, resume=learn("full batch", 5)), ValueError, ["5 passes already", "is 2"]),
    (lambda: fit(network(), x, target, Adam(), error=lambda y, t: 2 * half_squared_error(y, t), resume=learn("full batch", 5)),
     ValueError, ["error=half_squared_error"]),
    (lambda: fit(network(), x, target, Adam(), validation="0.2"), TypeError, ["'0.2'", "pair (x, target)"]),
    (lambda: fit(network(), x, target, Adam(), validation=(x,)), TypeError, ["pair (x, target)"]),
    (lambda: fit(network(), x, target, Adam(), error=lambda y, t: 1.0), TypeError, ["one number, as a Value", "float"]),
    (lambda: fit(network(), x, target, Adam(), error=lambda y, t: (y - t) ** 2), TypeError, ["shape (12, 1)"]),
    (lambda: fit(network(), x, target, Adam(), error=lambda y, t: Value(((y.data - t) ** 2).sum())), ValueError, ["was lost"]),
    (lambda: fit(learn("full batch", 1).network, x, target, Adam(), error=lambda y, t: Value(1.0)), ValueError, ["was lost"]),
    (lambda: EarlyStopping(-1), ValueError, ["patience is -1"]),
])
def test_mistakes_get_a_sentence_and_change_nothing(mistake, kind, words):
    with pytest.raises(kind) as caught:
        mistake()
    assert all(word in str(caught.value) for word in words), caught.value


@pytest.mark.parametrize("optimizer", [GradientDescent(np.float64(0.1)), Momentum(np.float64(0.1)), Adam(np.float64(0.1))])
def test_float32_stays_float32(optimizer):
    net = Network(2, 3, 1, weights=[np.ones((2, 3), np.float32), np.ones((3, 1), np.float32)])
    fit(net, x.astype(np.float32), target.astype(np.float32), optimizer, epochs=3, decay=0.1)
    assert [w.data.dtype for w in net.parameters] == [np.float32] * 2


def test_the_weights_that_are_kept_cannot_be_written_into():
    history = fit(network(), x, target, Adam(), epochs=3)
    for weights in history.weights:
        with pytest.raises(ValueError, match="read-only"):
            weights[0][0, 0] = 1.0


def test_a_history_that_a_report_saved_is_gone_on_with_by_an_error_of_ones_own(tmp_path):
    def error(y, target):
        return ((y - target) ** 2).sum()

    path = tmp_path / "run.npz"
    stop = {"report": lambda history: history.steps == 4 and history.save(path)}
    whole = fit(network(), x, target, Adam(0.02), error=error, epochs=6, **stop)
    loaded = History.load(path)
    again = {"error": error, "epochs": 6, "resume": loaded}
    assert same(fit(loaded.network, x, target, Adam(0.02), **again), whole)


def test_an_error_that_meets_the_weights_only_through_an_input_derivative_is_learnt():
    net = network()
    before = [w.data for w in net.parameters]

    def error(y, target):
        return (grad(lambda x: net(x).sum())(x) ** 2).sum()

    history = fit(net, x, target, GradientDescent(0.01), error=error, epochs=5)
    assert history.E[-1] < history.E[0]
    assert np.array_equal(net.parameters[-1].data, before[-1])  # the bias of the output
