"""What a verdict says of a place is evaluated there: dead units, flat parts, kinks, one step."""

import re

import numpy as np
import pytest

from tinygrad_edu.autodiff import operations as ops
from tinygrad_edu.learning.error_surface import ErrorSurface
from tinygrad_edu.learning.fit import fit
from tinygrad_edu.learning.optimizer import Adam, GradientDescent, Momentum
from tinygrad_edu.learning.place import best_step, blocked_shares
from tinygrad_edu.learning.stopping import EarlyStopping
from tinygrad_edu.network.error import binary_cross_entropy, half_squared_error
from tinygrad_edu.network.layer import Network

line, up = np.array([[1.0], [2.0], [3.0]]), np.array([[1.0], [2.0], [3.0]])
xor = (
    np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]),
    np.array([[0.0], [1.0], [1.0], [0.0]]),
)


def absolute(y, target):
    return abs(y - target).sum()


# -- units that pass on no blame -------------------------------------------------------------------

DEAD = {
    "the output unit": (Network(1, 1, output="relu", weights=[[[-1.0]]]), up),
    "the output unit behind hidden ones": (
        Network(1, 2, 1, output="relu", weights=[[[-1.0, 0.5]], [[-1.0], [-1.0]]]),
        up,
    ),
    "the output unit behind many": (
        Network(1, 8, 1, output="relu", hidden="tanh", weights=[np.ones((1, 8)), -np.ones((8, 1))]),
        up,
    ),
    "the only unit of a hidden layer": (
        Network(1, 8, 1, 1, hidden="relu", weights=[np.ones((1, 8)), -np.ones((8, 1)), [[1.0]]]),
        up,
    ),
    "the output unit with a bias": (
        Network(1, 1, output="relu", weights=[[[1.0]]], biases=[[-9.0]]),
        up,
    ),
    "a sigmoid far out": (Network(1, 1, output="sigmoid", weights=[[[-40.0]]]), np.ones((3, 1))),
    "a sigmoid farther out": (
        Network(1, 1, output="sigmoid", weights=[[[-1000.0]]]),
        np.ones((3, 1)),
    ),
    "a tanh far out": (Network(1, 1, output="tanh", weights=[[[-30.0]]]), np.ones((3, 1))),
}


@pytest.mark.parametrize("dead", DEAD)
def test_a_unit_that_passes_on_no_blame_is_on_a_plateau_and_at_no_minimum(dead):
    network, target = DEAD[dead]
    verdict = fit(network, line, target, GradientDescent(0.01), epochs=50).verdict
    assert (verdict.kind, verdict.place) == ("plateau", "plateau")
    assert "saturated" in verdict.sentence
    assert verdict.evidence["E"] > 1


def test_one_dead_unit_of_several_outputs_is_a_plateau_as_long_as_it_is_to_blame():
    alive = np.hstack([up] * 4) + np.array([[0.1], [0.0], [-0.1]])
    for first, place in ((up, "plateau"), (0 * up, "minimum")):
        network = Network(1, 5, output="relu", weights=[[[-1.0, 0.5, 0.5, 0.5, 0.5]]])
        target = np.hstack([first, alive])
        verdict = fit(network, line, target, GradientDescent(0.01), epochs=3000).verdict
        assert verdict.place == place, verdict


def test_a_unit_that_is_off_for_some_associations_only_can_be_at_a_minimum():
    network = Network(1, 1, output="relu", weights=[[[0.5]]])
    verdict = fit(
        network, [[1.0], [-1.0]], [[1.0], [1.0]], GradientDescent(0.1), epochs=2000
    ).verdict
    assert verdict.kind == "minimum"  # E = ½ (w - 1)² + ½ for w > 0
    assert verdict.evidence["λmin"] == pytest.approx(1.0)


def test_an_output_that_is_saturated_on_the_wrong_side_is_no_saddle():
    network = Network(1, 1, output="sigmoid", weights=[[[-10.0]]])
    history = fit(network, [[1.0]], [[1.0]], GradientDescent(0.01), epochs=50)
    assert history.verdict.evidence["λmin"] < 0
    assert history.verdict.place == "plateau"


def test_the_blame_is_shared_out_layer_by_layer():
    network = Network(1, 2, 1, hidden="relu", weights=[[[1.0, -1.0]], [[1.0], [3.0]]])
    assert blocked_shares(ErrorSurface(network, line, up + 1)) == pytest.approx(
        [0.9, 0.0]
    )  # 3² of 1² + 3²
    assert blocked_shares(ErrorSurface(network, line, up)) == [0.0, 0.0]  # no error, no blame


# -- flat, and kinks -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "network", [Network(2, 1), Network(2, 3, 1, hidden="tanh"), Network(2, 3, 1, hidden="relu")]
)
def test_an_error_that_does_not_depend_on_the_weights_is_a_plateau(network):
    history = fit(network, np.zeros((4, 2)), np.ones((4, 1)), GradientDescent(0.1), epochs=20)
    assert (history.verdict.kind, history.verdict.place) == ("plateau", "plateau")
    assert "the same 0.1 away in each of" in history.verdict.sentence
    assert not re.search(r"between .* and", history.verdict.sentence)


def test_of_some_weights_without_a_part_in_it_a_minimum_in_the_others_is_one():
    x = np.hstack([line, np.zeros((3, 1))])
    verdict = fit(
        Network(2, 1), x, up + np.array([[0.5], [0.0], [-0.5]]), GradientDescent(0.05), epochs=500
    ).verdict
    assert verdict.kind == "minimum"
    assert verdict.evidence["λmin"] == 0.0


def test_a_kink_is_a_minimum_if_E_rises_on_all_sides_and_a_slope_if_not():
    target = [[0.0], [10.0], [9.0]]
    E = ErrorSurface(Network(1, 1), line, target, absolute)
    assert all(E([3.0 + h]) > E([3.0]) for h in (-0.1, 0.1, -1, 1))
    verdict = fit(
        Network(1, 1, weights=[[[3.0]]]),
        line,
        target,
        GradientDescent(1e-9),
        error=absolute,
        epochs=3,
    ).verdict
    assert verdict.place == "minimum"
    assert "no lower" in verdict.sentence
    away = fit(
        Network(1, 1, weights=[[[2.6]]]),
        line,
        target,
        GradientDescent(1e-9),
        error=absolute,
        epochs=3,
    ).verdict
    assert away.place == "slope"


def test_a_straight_slope_is_a_slope_and_says_how_far_down_it_goes():
    network = Network(1, 1, weights=[[[-100.0]]])
    verdict = fit(network, line, 2 * line, GradientDescent(1e-3), error=absolute, epochs=20).verdict
    assert verdict.place == "slope"
    assert "inf" not in verdict.sentence


def test_a_start_far_out_does_not_make_a_minimum_of_a_plateau():
    for seed in (4, 6):
        network = Network(2, 2, 1, bias=True, seed=seed)
        network.layers[-1].b.data = np.array([30.0])
        history = fit(network, *xor, GradientDescent(0.1), epochs=3000)
        assert history.E[-1] < 0.01 * history.E[0]
        assert history.E[-1] > 0.3
        assert history.verdict.place == "plateau"


# -- one good step ---------------------------------------------------------------------------------


def dense(surface):
    """The most that a step along -∇E takes off E, of thousands, up to far past the bottom."""
    w = surface.weights
    gradient = surface.gradient(w)
    along = abs(gradient @ surface.hvp(w, gradient)) / (gradient @ gradient)
    steps = np.geomspace(1e-4, 100, 3000) / (along or 1.0)
    return surface(w) - min(surface(w - step * gradient) for step in steps)


RUNS = [
    (seed, output, epochs, optimizer)
    for seed in range(6)
    for output in ("linear", "sigmoid", "relu")
    for epochs in (1, 15)
    for optimizer in (GradientDescent(1e-3), Adam(1e-3))
]


@pytest.mark.long
def test_what_one_good_step_is_said_to_take_off_E_can_be_taken_off():
    told = 0
    for seed, output, epochs, optimizer in RUNS:
        network = Network(2, 3, 1, bias=True, output=output, seed=seed)
        history = fit(network, *xor, optimizer, epochs=epochs)
        found = re.search(
            r"one good step along −∇E would take (\d+)% off E", history.verdict.sentence
        )
        if found:
            told += 1
            surface = ErrorSurface(network, *xor)
            assert float(found[1]) / 100 <= dense(surface) / history.E[-1] + 0.0051, (
                seed,
                output,
                epochs,
            )
    assert told > 10


def test_the_parabola_is_not_believed_where_it_does_not_hold():
    found = 0
    for seed in range(12):
        network = Network(1, 3, 1, bias=True, output="sigmoid", seed=seed)
        surface = ErrorSurface(network, line, [[0.0], [1.0], [3.0]])
        w = surface.weights
        gradient = surface.gradient(w)
        along = gradient @ surface.hvp(w, gradient) / (gradient @ gradient)
        parabola = gradient @ gradient / (2 * along) if along > 0 else 0
        if parabola > 2 * dense(surface):
            found += 1
            assert best_step(surface) <= dense(surface) * (1 + 1e-9)
    assert found


def test_in_a_bowl_the_best_step_goes_to_the_bottom():
    surface = ErrorSurface(Network(1, 1, weights=[[[5.0]]]), line, 2 * line)
    assert best_step(surface) == pytest.approx(surface([5.0]), rel=0.02)
    assert best_step(ErrorSurface(Network(1, 1, weights=[[[2.0]]]), line, 2 * line)) == 0.0


# -- numbers that are not finite -------------------------------------------------------------------


def root(y, target):
    return ((y - target) ** 2).sum() ** 0.5


def test_a_slope_that_is_not_finite_is_not_blamed_on_epsilon():
    history = fit(
        Network(1, 1, weights=[[[2.0]]]),
        line,
        2 * line,
        GradientDescent(0.01),
        error=root,
        epochs=20,
    )
    assert history.verdict.kind == "diverged"
    assert "|∇E| nan" in history.verdict.sentence
    assert "smaller" not in history.verdict.sentence
    assert history.network.weights[0].item() == 2.0


def test_an_error_that_is_not_finite_at_the_start_is_not_blamed_on_epsilon():
    history = fit(
        Network(1, 1),
        line,
        up,
        GradientDescent(0.01),
        error=lambda y, target: ops.log(y - 100 * target).sum(),
    )
    assert history.verdict.kind == "diverged"
    assert "at the starting weights" in history.verdict.sentence
    assert "smaller" not in history.verdict.sentence
    assert "inf" not in history.verdict.sentence


def test_an_epsilon_that_is_too_large_is_still_blamed():
    history = fit(Network(1, 1), line, up, GradientDescent(50.0), epochs=2000)
    assert "Make ε smaller" in history.verdict.sentence


@pytest.mark.parametrize(
    "make",
    [
        lambda y, target: (
            half_squared_error(y, target) + np.random.default_rng().normal()
        ),  # chance
    ],
)
def test_an_error_that_is_another_one_each_time_gets_no_place(make):
    history = fit(
        Network(1, 1), line, up, GradientDescent(0.01), error=make, epochs=20, tolerance=0
    )
    if history.verdict.place in ("rising", "slope"):
        pytest.skip("chance had it that E rose or fell")
    assert history.verdict.kind == "unknown"
    assert "depend on chance" in history.verdict.sentence


def test_an_error_that_reads_the_weights_themselves_gets_no_place():
    network = Network(1, 1, weights=[[[2.0]]])

    def penalised(y, target):
        return half_squared_error(y, target) + 3.0 * (network.layers[0].w ** 2).sum()

    history = fit(network, line, 2 * line, GradientDescent(0.01), error=penalised, epochs=2000)
    assert history.converged
    assert history.verdict.kind == "unknown"
    assert "on the weights in another way" in history.verdict.sentence


# -- precision, sizes, settings --------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_verdict_has_the_digits_of_float64_whatever_the_weights_are(dtype):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(30, 2)).astype(dtype)
    target = (x[:, :1] - x[:, 1:] + rng.normal(size=(30, 1))).astype(dtype)
    network = Network(2, 1, weights=[np.zeros((2, 1), dtype)])
    verdict = fit(network, x, target, GradientDescent(0.01), epochs=3000, tolerance=1e-4).verdict
    assert verdict.kind == "minimum"
    eigenvalues = np.linalg.eigvalsh(x.astype(float).T @ x.astype(float))
    assert verdict.evidence["λmin"] == pytest.approx(eigenvalues[0], rel=1e-12)
    assert verdict.evidence["λmax"] == pytest.approx(eigenvalues[-1], rel=1e-12)


def test_one_weight_gets_a_verdict_and_weight_decay_and_mini_batches_are_part_of_it():
    verdict = fit(
        Network(1, 1), line, 2 * line, GradientDescent(0.01), epochs=5000, decay=2.0
    ).verdict
    assert verdict.kind == "minimum"
    assert verdict.evidence["λmin"] == pytest.approx(14 + 2)
    dealt = fit(Network(1, 1), line, 2 * line + 1, GradientDescent(0.001), epochs=3000, batch=1)
    assert dealt.verdict.evidence["E"] == pytest.approx(
        ErrorSurface(dealt.network, line, 2 * line + 1)(dealt.network.weights[0].ravel())
    )
    assert dealt.verdict.place == "minimum"


def test_a_sentence_about_the_last_weights_says_that_others_were_put_back():
    rng = np.random.default_rng(3)
    x, target = rng.normal(size=(12, 2)), rng.normal(size=(12, 1))
    options = {
        "validation": (rng.normal(size=(6, 2)), rng.normal(size=(6, 1))),
        "early_stopping": EarlyStopping(10**6),
    }
    history = fit(
        Network(2, 3, 1, bias=True, seed=1), x, target, Momentum(0.01), epochs=400, **options
    )
    assert history.best[0] < history.stop_epoch
    assert f"The weights from after {history.best[0]} passes" in history.verdict.sentence
    assert "were put back" in history.verdict.sentence
    assert history.verdict.evidence["E"] == history.E[-1]
    alone = fit(Network(2, 3, 1, bias=True, seed=1), x, target, Momentum(0.01), epochs=400)
    assert "put back" not in alone.verdict.sentence


def test_a_solved_problem_with_saturated_outputs_is_still_solved():
    network = Network(2, 3, 1, bias=True, output="sigmoid", hidden="tanh", seed=1)
    history = fit(network, *xor, Momentum(0.5), epochs=20_000)
    assert history.E[-1] < 1e-3
    assert history.verdict.place in ("minimum", "slope")
    assert fit(
        Network(2, 4, 1, hidden="tanh", bias=True, seed=2),
        *xor,
        Momentum(0.3),
        epochs=20_000,
        error=binary_cross_entropy,
    ).verdict.place in ("minimum", "slope")
