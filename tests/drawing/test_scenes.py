"""Movies of a History: the scene that suits, what its frames show, and one sentence for what cannot be shown."""

import numpy as np
import pytest
from PIL import Image

from tinygrad_edu.drawing import canvas, motion, scenes
from tinygrad_edu.drawing.curves import plot
from tinygrad_edu.learning.descent import backprop, learn_one_association, learn_two_inputs
from tinygrad_edu.learning.fit import fit
from tinygrad_edu.learning.history import History
from tinygrad_edu.learning.optimizer import Adam, GradientDescent
from tinygrad_edu.learning.stopping import EarlyStopping, Stopping
from tinygrad_edu.network import delta
from tinygrad_edu.network.error import binary_cross_entropy, half_squared_error
from tinygrad_edu.network.layer import Network

x = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
target = np.array([[0.0], [1.0], [1.0], [0.0]])
line = np.linspace(-1, 1, 10)[:, None]


@pytest.fixture(scope="module")
def xor():
    return fit(Network(2, 2, 1, bias=True, seed=1), x, target, GradientDescent(0.3), epochs=600)


@pytest.fixture(scope="module")
def wave():
    return fit(Network(1, 5, 1, bias=True), line, np.sin(3 * line), Adam(0.05), epochs=60, validation=0.3,
               early_stopping=EarlyStopping(1000))


def one(sizes, **options):
    rng = np.random.default_rng(0)
    return fit(Network(*sizes, **options), rng.normal(size=(4, sizes[0])), rng.normal(size=(4, sizes[-1])), Adam(0.05), epochs=3)


@pytest.mark.parametrize(("sizes", "options", "scene"), [
    ((2, 2, 1), {}, "answers"), ((2, 1), {"bias": True}, "answers"), ((2, 1), {}, "descent"), ((1, 1), {}, "descent"),
    ((1, 3, 1), {}, "curve"), ((1, 1), {"bias": True}, "curve"), ((3, 2), {}, "weights"), ((5, 4, 3, 2), {}, "deltas"),
    ((30, 20), {}, "deltas"), ((2, 4, 4, 4, 4, 4, 1), {}, "answers"),
])
def test_the_scene_suits_the_network(sizes, options, scene, tmp_path):
    history = one(sizes, **options)
    assert scenes.suitable(history) is getattr(scenes, scene)
    assert scenes.movie(history, tmp_path / "movie.gif", frames=3).stat().st_size > 500


@pytest.mark.parametrize("history", [
    learn_one_association(0.8, 0.2, 0.4, 0.5), learn_two_inputs(x[1:], target[1:, 0], np.array([-0.8, -1.6]), 0.3),
    backprop(Network(2, 2, 1), x, target, 0.1, Stopping(cap=5)),
], ids=["one weight", "two weights", "backprop"])
def test_the_slides_algorithms_give_histories_that_can_be_shown_too(history, tmp_path):
    assert scenes.movie(history, tmp_path / "movie.gif", frames=4).exists()


def test_a_movie_has_no_more_frames_than_asked_for_and_the_first_and_the_last_pass_are_among_them(xor):
    for frames in (1, 2, 7, 100, 5000):
        film = scenes.answers(xor, frames)
        assert film.frames <= frames
        film.update(film.frames - 1)
    networks = scenes._networks(xor, 20)
    assert (networks[0][0], networks[-1][0]) == (0, xor.stop_epoch)
    np.testing.assert_array_equal(networks[-1][1].weights[0], xor.weights[-1][0])


def test_frames_are_denser_where_the_weights_move(xor):
    shown = [epoch for epoch, _ in scenes._networks(xor, 40)]
    assert np.diff(shown).max() > 2 * np.diff(shown).min()
    assert shown == sorted(set(shown))


def test_the_plane_shows_what_the_network_answers(xor):
    film = scenes.answers(xor, 5)
    (image, *_) = film.update(4)
    left, right, bottom, top = image.get_extent()
    shown = np.asarray(image.get_array())
    for point, want in zip(x, target.ravel(), strict=True):
        column = round((point[0] - left) / (right - left) * (scenes.SIDE - 1))
        row = round((point[1] - bottom) / (top - bottom) * (scenes.SIDE - 1))
        assert shown[row, column] == pytest.approx(want, abs=0.15)


def test_the_line_is_where_the_network_is_undecided_and_the_title_tells_the_pass_and_its_error():
    history = fit(Network(2, 3, 1, bias=True, seed=2), x, target, Adam(0.1), epochs=200)
    film = scenes.answers(history, 4)
    networks = scenes._networks(history, 4)
    for frame, (epoch, _) in enumerate(networks):
        _, between, title = film.update(frame)
        assert title.get_text() == f"after {epoch} passes, E = {history.E[epoch]:.3g}"
    on_the_line = np.concatenate(between.get_segments())
    np.testing.assert_allclose(networks[-1][1](on_the_line), 0.5, atol=0.05)


def test_the_curve_shows_what_the_network_answers(wave):
    film = scenes.curve(wave, 4)
    (curve, _) = film.update(film.frames - 1)
    along, y = curve.get_data()
    np.testing.assert_allclose(y, wave.network.at(wave.weights[-1])(along[:, None]).ravel())


def test_the_blame_shown_is_that_of_the_hand_derivation(xor):
    for t in range(4):
        states = delta.states(x[t : t + 1], xor.network.weights, xor.network.biases)
        for shown, by_hand in zip(scenes.blame(xor.network, xor, t), delta.deltas(states, xor.network.weights, target[t : t + 1]),
                                  strict=True):
            np.testing.assert_allclose(shown, by_hand[0], atol=1e-15)


def test_errors_are_drawn_as_far_as_they_are_known(wave):
    film = scenes.stopping(wave, 10)
    _, training, validation, _ = film.update(3)
    passes = len(training.get_xdata())
    assert 0 < passes < wave.steps
    np.testing.assert_allclose(validation.get_ydata(), np.divide(wave.validation[:passes], 3))


def test_a_disc_that_arrives_early_waits_and_one_that_leaves_is_out_of_sight():
    film = motion.rolling(lambda w: w * w, {"short": [1.0, 0.5], "away": [1.0, -3.0, 9.0]}, span=(-2, 2))
    assert film.frames == 3
    *_, short, away, _ = film.update(2)
    assert short.get_xdata()[0] == 0.5
    assert away.get_xdata()[0] == 9.0
    assert film.paper.axes[0].get_xlim() == (-2, 2)


def test_pixels_of_pictures_are_whole_pixels_of_the_movie():
    pictures = [np.eye(6) * level for level in (0.2, 1.0)]
    with canvas.style():
        film = motion.developing({"a": pictures, "b": pictures[:1]}, ["before", "after"], scale=4)
    first, last = film.pictures()
    for frame, level in ((first, 51), (last, 255)):
        assert int((np.abs(frame.astype(int) - level).max(axis=2) <= 1).sum()) >= 6 * 16
    height, _, _ = last.shape
    block = last[height - 12 - 24 : height - 12, 12 : 12 + 24, 0]
    np.testing.assert_array_equal(block, np.kron(np.eye(6) * 255, np.ones((4, 4))))


@pytest.mark.parametrize("sizes", [(2, 1), (1, 1), (3, 2), (30, 20)])
def test_a_run_that_diverged_can_be_shown_up_to_where_it_flies_away(sizes, tmp_path):
    points, values = np.linspace(1, 3, 4 * sizes[0]).reshape(4, -1), np.linspace(0, 1, 4 * sizes[-1]).reshape(4, -1)
    history = fit(Network(*sizes, seed=1), points, values, GradientDescent(5.0), epochs=1000)
    assert history.verdict.kind == "diverged"
    assert scenes.movie(history, tmp_path / "movie.gif", frames=5).exists()
    plot(history, tmp_path / "run.png")


@pytest.mark.parametrize(("sizes", "points", "values", "scene"), [
    ((2, 1), [[1.0, 0.0], [1.0, 2.0]], [[0.0], [1.0]], scenes.answers),
    ((2, 1), [[1.0, 0.0], [0.0, 2.0]], [[3.0], [3.0]], scenes.answers),
    ((1, 2, 1), [[1.0]], [[2.0]], scenes.curve), ((1, 2, 1), [[1.0], [2.0]], [[2.0], [2.0]], scenes.stopping),
])
def test_inputs_or_targets_that_are_all_alike_can_be_shown(sizes, points, values, scene, tmp_path):
    points, values = np.array(points), np.array(values)
    history = fit(Network(*sizes, bias=True), points, values, Adam(0.1), epochs=5, validation=(points, values))
    assert scenes.movie(history, tmp_path / "movie.gif", scene=scene, frames=3).exists()


def test_the_errors_of_a_run_that_diverged_can_be_shown(tmp_path):
    history = fit(Network(1, 1, bias=True), line + 1, line, GradientDescent(5.0), epochs=500, validation=0.3)
    assert history.verdict.kind == "diverged"
    assert scenes.movie(history, tmp_path / "movie.gif", scene=scenes.stopping, frames=3).exists()


def test_the_slides_own_algorithm_can_be_watched_flying_away(tmp_path):
    assert scenes.movie(learn_one_association(0.8, 0.2, 0.4, 3.3), tmp_path / "movie.gif", frames=5).exists()


def test_the_surface_shown_is_the_one_that_was_descended(tmp_path):
    decayed = fit(Network(1, 1, seed=1), line, 2 * line, GradientDescent(0.01), decay=20.0, epochs=200)
    *_, disc, title = scenes.descent(decayed, 4).update(3)
    assert disc.get_ydata()[0] == pytest.approx(decayed.E[-1], rel=1e-6)
    assert f"{decayed.E[-1]:.3g}" in title.get_text()


def test_a_network_of_total_inputs_is_shown_with_the_states_of_its_unit():
    history = fit(Network(2, 3, 1, bias=True), x, target, Adam(0.1), error=binary_cross_entropy, epochs=300)
    image, *_ = scenes.answers(history, 3).update(2)
    shown = np.asarray(image.get_array())
    assert 0.0 <= shown.min() < 0.05
    assert 0.95 < shown.max() <= 1.0


def test_an_error_function_of_the_readers_own_is_used_and_asked_for_after_loading(tmp_path):
    def ten_times(y, target):
        return 10 * half_squared_error(y, target)

    history = fit(Network(2, 3, 1), x, target, Adam(0.01), error=ten_times, epochs=3)
    ten = scenes.blame(history.network, history, 0)
    history.save(tmp_path / "run.npz")
    loaded = History.load(tmp_path / "run.npz")
    with pytest.raises(ValueError, match=r"set history\.error"):
        scenes.deltas(loaded)
    loaded.error = half_squared_error
    for ours, once in zip(ten, scenes.blame(loaded.network, loaded, 0), strict=True):
        np.testing.assert_allclose(ours, 10 * once)


def test_a_run_with_no_error_left_can_be_plotted(tmp_path):
    history = fit(Network(1, 1, weights=[[[1.0]]]), line, line, GradientDescent(0.1), epochs=3)
    plot(history, tmp_path / "run.png")
    assert history.E[-1] == 0.0


def test_a_loaded_history_gives_the_same_movie(xor, tmp_path):
    xor.save(tmp_path / "xor.npz")
    movies = [scenes.movie(history, tmp_path / f"{name}.gif", frames=4).read_bytes()
              for name, history in (("a", xor), ("b", History.load(tmp_path / "xor.npz")))]
    assert movies[0] == movies[1]


def test_a_plot_is_saved_as_what_its_suffix_says(wave, xor, tmp_path):
    for suffix in ("png", "svg", "pdf"):
        plot(wave, tmp_path / f"wave.{suffix}")
    with Image.open(tmp_path / "wave.png") as image:
        assert image.size[0] > 600
    assert len(plot(xor).axes) == 2


@pytest.mark.parametrize(("mistake", "kind", "words"), [
    (lambda xor, path: scenes.movie(History(), path / "a.gif"), ValueError, ["empty"]),
    (lambda xor, path: scenes.movie(History(), path / "a.gif", scene=scenes.answers), ValueError, ["empty"]),
    (lambda xor, path: scenes.movie(xor, path / "a.gif", frames=0), ValueError, ["0 frames"]),
    (lambda xor, path: scenes.movie(xor, path / "a.avi"), ValueError, [".avi", ".gif or .mp4"]),
    (lambda xor, path: scenes.movie(xor, path / "nowhere" / "a.gif"), FileNotFoundError, ["nowhere"]),
    (lambda xor, path: scenes.movie(xor, path / "a.gif", scene=scenes.descent), ValueError, ["9", "another scene"]),
    (lambda xor, path: scenes.movie(xor, path / "a.gif", scene=scenes.curve), ValueError, ["1 input ", "2"]),
    (lambda xor, path: scenes.movie(xor, path / "a.gif", scene=scenes.stopping), ValueError, ["1 input ", "2"]),
    (lambda xor, path: scenes.movie(one((1, 2, 1)), path / "a.gif", scene=scenes.stopping), ValueError, ["validation=0.2"]),
    (lambda xor, path: scenes.movie(one((3, 2)), path / "a.gif", scene=scenes.answers), ValueError, ["2 inputs", "3"]),
    (lambda xor, path: scenes.movie(one((30, 20)), path / "a.gif", scene=scenes.weights), ValueError, ["400 weights"]),
    (lambda xor, path: scenes.movie(xor, path / "a.gif", scene="answers"), TypeError, ["scenes.answers"]),
    (lambda xor, path: scenes.movie(xor.network, path / "a.gif"), TypeError, ["History"]),
    (lambda xor, path: scenes.movie(xor, path / "a.gif", frames=1.5), ValueError, ["1.5 frames"]),
    (lambda xor, path: scenes.deltas(xor, t=4), IndexError, ["association 4", "0 to 3"]),
    (lambda xor, path: scenes.movie(backprop(Network(2, 1), x, target, 0.1, Stopping(cap=3), keep_weights=False), path / "a.gif"),
     ValueError, ["keep_weights=True"]),
    (lambda xor, path: plot(History()), ValueError, ["empty"]),
    (lambda xor, path: plot(xor, path / "a.jpg"), ValueError, [".png", ".jpg"]),
    (lambda xor, path: plot(xor, path / "nowhere" / "a.png"), FileNotFoundError, ["nowhere"]),
])
def test_what_cannot_be_shown_gets_a_sentence_and_leaves_nothing_behind(xor, tmp_path, mistake, kind, words):
    with pytest.raises(kind) as caught:
        mistake(xor, tmp_path)
    assert all(word in str(caught.value) for word in words), caught.value
    assert not list(tmp_path.iterdir())
