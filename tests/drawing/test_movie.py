"""Movies: every frame is what a whole drawing would show, files are whole or not there, and bad input is refused at once."""

import builtins
import os
import stat

import matplotlib
import numpy as np
import pytest
from matplotlib.cbook import get_sample_data
from matplotlib.colors import BoundaryNorm
from PIL import Image

from tinygrad_edu.drawing.canvas import figure, style
from tinygrad_edu.drawing.gif import BUSY
from tinygrad_edu.drawing.movie import Movie

x1, x2 = np.meshgrid(np.linspace(-0.3, 1.3, 31), np.linspace(-0.3, 1.3, 31))


def surface(frames=8, fps=12):
    """Flat colours below fixed marks, a line above both, a title, and a colour bar that stays as it is."""
    with style():
        paper, axis = figure(width=3.6, height=3.01)
        shades = axis.imshow(x1, extent=(-0.3, 1.3, -0.3, 1.3), origin="lower", interpolation="nearest", zorder=0,
                             cmap=matplotlib.colormaps["PuOr"].resampled(12), norm=BoundaryNorm(np.linspace(0, 1, 13), 12))
        axis.plot([0, 1, 0, 1], [0, 1, 1, 0], "o", color="white", mec="black", ms=13, zorder=2)
        line = axis.axhline(0.5, color="black", zorder=3)
        axis.set(xlim=(-0.3, 1.3), ylim=(-0.3, 1.3), xlabel="$x_1$")
        paper.colorbar(shades)

    def update(n):
        shades.set_data(1 / (1 + np.exp(-n * ((x1 - 0.5) * (x2 - 0.5) + 0.1))))
        line.set_ydata([n / 10, n / 10])
        axis.set_title(f"epoch {n}")
        return [shades, line, axis.title]

    return Movie(paper, update, frames, fps)


def path(frames=8):
    """A growing line on filled contours, in one of two axes; the other has two y axes and a grid."""
    with style():
        paper, (left, right) = figure(1, 2, width=4.6, height=2.6)
        left.contourf(x1, x2, (x1 - 0.4) ** 2 + x2**2, levels=10)
        (line,) = left.plot([], [], "o-", color="red", mfc="white", ms=5, label="learning")
        (word,) = left.legend().get_texts()
        right.grid(True, axis="x", color="black")
        right.set_axisbelow(False)
        bars = right.bar([0, 1, 2], [1, 1, 1], color="orange")
        right.twinx().plot([0, 2], [0, 1], color="blue")
        note = paper.suptitle("step 0")

    def update(n):
        line.set_data(np.linspace(1.2, 0.4, frames)[: n + 1], np.linspace(1.1, 0, frames)[: n + 1] ** 2)
        for bar, height in zip(bars, (1, 0.5, 0.9)):
            bar.set_height(height * n / frames)
        note.set_text(f"step {n}")
        word.set_text(f"{n} steps")
        return [line, *bars, note, word]

    return Movie(paper, update, frames)


def photographs(frames=16, fps=12):
    """A photograph beside itself, out of noise that decays."""
    with get_sample_data("grace_hopper.jpg") as file, Image.open(file) as photograph:
        image = np.asarray(photograph.convert("L").resize((50, 50))) / 255
    with style():
        paper, axes = figure(1, 2, width=3.2, height=1.9)
        for axis in axes:
            shown = axis.imshow(image, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
            axis.axis("off")
    noise = np.random.default_rng(0).normal(size=image.shape)

    def update(n):
        shown.set_data(np.clip(image + 0.5 * noise * np.exp(-5 * n / frames), 0, 1))
        axes[1].set_title(f"epoch {n}")
        return [shown, axes[1].title]

    return Movie(paper, update, frames, fps)


def turning(frames=3):
    """A 3D surface seen from frame to frame from another side, and a line and dots that move in a second 3D axes."""
    with style():
        paper, (left, right) = figure(1, 2, width=4, height=2.4, subplot_kw={"projection": "3d"})
        left.plot_surface(x1, x2, x1 * x2, rcount=8, ccount=8)
        right.plot_surface(x1, x2, x1 * x2, rcount=8, ccount=8)
        (line,) = right.plot([0], [0], [1.2], "o-", color="red")
        dots = right.scatter([0], [0], [1.2], s=90, color="black")

    def update(n):
        left.view_init(azim=-60 + 20 * n)
        line.set_data_3d([0, n / 3], [0, 1], [1.2, 1.2])
        dots._offsets3d = (np.array([n / 3]), np.array([1.0]), np.array([0.6]))  # matplotlib has no public way
        return [left, line, dots]

    return Movie(paper, update, frames)


MOVIES = [surface, path, photographs, turning]


def seen(file):
    """(frames as they are on the screen, milliseconds of each) of a GIF."""
    with Image.open(file) as gif:
        frames, durations = [], []
        for n in range(gif.n_frames):
            gif.seek(n)
            frames.append(np.asarray(gif.convert("RGB")).astype(int))
            durations.append(gif.info["duration"])
        assert gif.info["loop"] == 0
    return frames, durations


def drawn_whole(movie, n):
    movie.update(n)
    movie.paper.canvas.draw()
    return np.asarray(movie.paper.canvas.buffer_rgba())[..., :3].astype(int)


@pytest.mark.parametrize("make", MOVIES)
def test_a_frame_is_what_drawing_everything_again_would_show(make):
    movie = make()
    numbers = [0, 1, movie.frames - 1]
    for n, picture in zip(numbers, list(movie.pictures(numbers)), strict=True):
        difference = np.abs(picture - drawn_whole(movie, n)).max(2)
        assert np.mean(difference > 2) < 0.0005, f"frame {n}"  # where a tick meets the edge, a pixel may differ


def test_a_word_in_a_legend_can_change_by_itself():
    movie = path()
    word = movie.paper.axes[0].get_legend().get_texts()[0]
    movie.update = lambda n: [word.set_text(f"{n} steps"), word][1:]
    first, last = movie.pictures([0, 7])
    assert np.any(first != last)
    assert np.mean(np.abs(last - drawn_whole(movie, 7)) > 2) < 0.0005


def test_a_movie_leaves_the_figure_as_any_other():
    movie = surface()
    before = drawn_whole(movie, 3)
    movie.paper.set_layout_engine("none")
    next(movie.pictures())  # and not to the end
    assert not any(artist.get_animated() for artist in movie.paper.findobj())
    np.testing.assert_array_equal(drawn_whole(movie, 3), before)


@pytest.mark.parametrize("make", MOVIES)
def test_every_frame_of_the_gif_shows_what_was_given(make, tmp_path):
    movie = make()
    frames, _ = seen(movie.save(tmp_path / "movie.gif"))
    given = list(movie.pictures())
    assert len(frames) == len(given) == movie.frames
    for n, (shown, picture) in enumerate(zip(frames, given)):
        wrong = np.abs(shown - picture).max(2)
        assert np.mean(wrong) < 5, f"frame {n}"
        assert np.mean(wrong > BUSY + 8) < 0.0005, f"frame {n}"  # rare mixed colours on the edge of a letter
        assert (shown[picture.min(2) == 255] > 250).all(), f"frame {n}"  # no shadow of what was there before
    assert np.mean(wrong) < 1.5
    assert np.mean(wrong > 16) < 0.002


def test_flat_areas_keep_their_very_colours(tmp_path):
    movie = surface(frames=4)
    frames, _ = seen(movie.save(tmp_path / "movie.gif"))
    for shown, picture in zip(frames, movie.pictures()):
        meant, there = (frame.astype(int) @ [1 << 16, 1 << 8, 1] for frame in (picture, shown))
        colours, counts = np.unique(meant, return_counts=True)
        flat = np.isin(meant, colours[counts > 300])
        assert np.mean(there[flat] != meant[flat]) < 0.005


def test_errors_do_not_add_up(tmp_path):  # each step is smaller than what counts as a change; sixty of them are not
    with style():
        paper, axis = figure(width=2, height=2)
        shown = axis.imshow([[0.0]], cmap="gray", vmin=0, vmax=255, aspect="auto")
    movie = Movie(paper, lambda n: [shown.set_data([[100 + n]]), shown][1:], frames=60)
    frames, _ = seen(movie.save(tmp_path / "movie.gif"))
    for n, frame in enumerate(frames):
        assert abs(frame[100, 100, 0] - (100 + n)) <= 9  # half a cell of colours and what a calm pixel may be wrong by


def test_a_photograph_out_of_noise_is_sharp_at_the_end_and_costs_no_more_than_a_few_bytes_a_pixel(tmp_path):
    movie = photographs()
    file = movie.save(tmp_path / "movie.gif")
    assert np.abs(seen(file)[0][-1] - next(movie.pictures([movie.frames - 1]))).max() <= 12
    assert file.stat().st_size < 16 * 2500 * 2  # 16 frames of 50 × 50


def test_a_gif_lasts_as_long_as_its_frames_and_rests_on_the_last(tmp_path):
    _, durations = seen(surface(frames=9, fps=12).save(tmp_path / "movie.gif"))
    assert sum(durations) == 750 + 1500
    assert set(durations[:-1]) <= {80, 90}
    assert durations[-1] in (1580, 1590)


def test_nothing_moves_and_it_is_a_movie_all_the_same(tmp_path):
    movie = surface(frames=3)
    still = movie.update(2)
    frames, _ = seen(Movie(movie.paper, lambda n: still, 3).save(tmp_path / "movie.gif"))
    assert len(frames) == 3
    np.testing.assert_array_equal(frames[0], frames[2])


def test_one_frame_is_a_movie(tmp_path):
    frames, durations = seen(surface(frames=1).save(tmp_path / "movie.GIF"))
    assert (len(frames), durations) == (1, [1580])


def test_the_same_movie_gives_the_same_bytes(tmp_path):
    first, again = photographs(5), photographs(5)
    assert first.save(tmp_path / "a.gif").read_bytes() == again.save(tmp_path / "b.gif").read_bytes()
    assert first.save(tmp_path / "c.gif").read_bytes() == (tmp_path / "a.gif").read_bytes()


@pytest.mark.parametrize(("frame", "n"), [(-1, 7), (0, 0), (3, 3), (-8, 0)])
def test_the_still_is_the_frame_asked_for_the_last_if_none_is(frame, n, tmp_path):
    movie = surface()
    with Image.open(movie.still(tmp_path / "still.png", frame)) as image:
        still = np.asarray(image.convert("RGB").resize(movie.paper.canvas.get_width_height(), Image.Resampling.BOX)).astype(int)
    differences = [np.abs(still - picture).mean() for picture in movie.pictures()]
    assert np.argmin(differences) == n
    assert differences[n] < 8  # it is drawn finer


def test_the_still_can_be_svg_and_without_more_is_the_last_frame(tmp_path):
    movie = surface()
    assert "<!-- epoch 7 -->" in movie.still(tmp_path / "still.svg").read_text()


def test_an_mp4_shows_what_was_given_less_an_odd_row(tmp_path):
    av = pytest.importorskip("av")
    movie = surface(fps=7.5)
    with av.open(str(movie.save(tmp_path / "movie.mp4"))) as film:
        stream = film.streams.video[0]
        frames = [frame.to_ndarray(format="rgb24").astype(int) for frame in film.decode(video=0)]
        assert (stream.average_rate, stream.pix_fmt) == (7.5, "yuv420p")
    given = list(movie.pictures())
    assert len(frames) == len(given)
    assert (given[0].shape, frames[0].shape) == ((301, 360, 3), (300, 360, 3))
    for shown, picture in zip(frames, given):
        assert np.abs(shown - picture[:300]).mean() < 6


def test_without_the_video_extra_one_sentence_says_what_to_install(monkeypatch, tmp_path):
    ordinary = builtins.__import__

    def without_av(name, *rest):
        if name == "av":
            raise ImportError(name)
        return ordinary(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without_av)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'tinygrad-edu\[video\]'; or save as \.gif"):
        unseen().save(tmp_path / "movie.mp4")
    assert not list(tmp_path.iterdir())


# Bad input -------------------------------------------------------------------------------------------------------------------


def unseen():
    """A movie that fails the test if a frame of it is asked for."""
    paper, _ = figure(width=1, height=1)
    return Movie(paper, lambda n: pytest.fail("a frame was drawn"), 3)


@pytest.mark.parametrize("frames", [0, -1])
def test_a_movie_of_nothing_is_refused(frames):
    with pytest.raises(ValueError, match="a movie of nothing"):
        Movie(None, lambda n: [], frames)


@pytest.mark.parametrize("fps", [0, -3, float("nan"), float("inf"), 51])
def test_a_rate_that_no_player_has_is_refused(fps):
    with pytest.raises(ValueError, match="at most 50 frames a second"):
        Movie(None, lambda n: [], 3, fps)


@pytest.mark.parametrize(("name", "came"), [("a.avi", ".avi"), ("a", "no suffix"), ("a.gif.png", ".png"), (".gif", "no")])
def test_an_unknown_suffix_is_refused_and_the_known_are_named(name, came, tmp_path):
    with pytest.raises(ValueError, match=rf"{came}.*\.gif or \.mp4"):
        unseen().save(tmp_path / name)
    with pytest.raises(ValueError, match=r"\.png or \.svg"):
        unseen().still(tmp_path / "movie.gif")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("frame", [3, -4])
def test_a_still_of_a_frame_that_there_is_not_is_refused(frame, tmp_path):
    with pytest.raises(IndexError, match="frames 0 to 2"):
        unseen().still(tmp_path / "still.png", frame)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("write", [lambda path: unseen().save(path.with_suffix(".gif")), lambda path: unseen().still(path)])
def test_a_folder_that_cannot_be_written_into_is_named(write, tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "taken.gif").mkdir()
    (tmp_path / "taken.png").mkdir()
    with pytest.raises(FileNotFoundError, match=r"nothing can be written into the folder .*nowhere: No such file"):
        write(tmp_path / "nowhere" / "movie.png")
    with pytest.raises(NotADirectoryError, match=r"nothing can be written into the folder .*file: Not a directory"):
        write(tmp_path / "file" / "movie.png")
    with pytest.raises(IsADirectoryError, match=r"taken\.\w+ is a folder"):
        write(tmp_path / "taken.png")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="everything is allowed to root")
def test_a_folder_that_is_read_only_is_named(tmp_path):
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    with pytest.raises(PermissionError, match="nothing can be written into the folder"):
        unseen().save(tmp_path / "movie.gif")


@pytest.mark.parametrize("suffix", [".gif", ".mp4"])
@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_nothing_half_written_is_left_behind(suffix, error, tmp_path):
    if suffix == ".mp4":
        pytest.importorskip("av")
    movie, calls = surface(frames=30), []
    good = movie.update

    def interrupted(n):
        calls.append(n)
        if len(calls) == 13:
            raise error
        return good(n)

    movie.update = interrupted
    (tmp_path / f"movie{suffix}").write_text("as it was")
    with pytest.raises(error):
        movie.save(tmp_path / f"movie{suffix}")
    assert [file.name for file in tmp_path.iterdir()] == [f"movie{suffix}"]
    assert (tmp_path / f"movie{suffix}").read_text() == "as it was"
    assert not any(artist.get_animated() for artist in movie.paper.findobj())


@pytest.mark.parametrize("given", [None, 3])
def test_an_update_that_returns_no_artists_is_told_what_to_return(given, tmp_path):
    paper, _ = figure(width=1, height=1)
    with pytest.raises(TypeError, match=r"update\(0\) gave .*return \[line\]"):
        Movie(paper, lambda n: given, 3).save(tmp_path / "movie.gif")
    assert not list(tmp_path.iterdir())


def test_an_update_that_makes_new_artists_is_told_to_change_the_old(tmp_path):
    paper, axis = figure(width=1, height=1)
    with pytest.raises(ValueError, match=r"artists that update\(0\) did not"):
        Movie(paper, lambda n: axis.plot([0, n]), 3).save(tmp_path / "movie.gif")
    assert not list(tmp_path.iterdir())
