"""Paths as a beginner gives them: used, or refused in one sentence that shows the call."""

from pathlib import Path

import numpy as np
import pytest

from tinygrad_edu import GradientDescent, Network, fit, load, save
from tinygrad_edu.learning.history import History
from tinygrad_edu.storage.arrays import FileError
from tinygrad_edu.storage.whole import check_writable, whole

W = {"w": np.ones(2)}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("kind", [str, Path, np.str_])
def test_a_path_is_a_text_or_a_path(kind):
    save(kind("it.npz"), W)
    assert load(kind("it.npz"))["w"].tolist() == [1, 1]
    check_writable(kind("it.npz"))
    with whole(kind("it.txt")) as part:
        part.write_text("all")
    assert Path("it.txt").read_text() == "all"


def written(path):
    with whole(path):
        pass


HISTORY = fit(Network(1, 1), [[0.0], [1.0]], [[0.0], [1.0]], GradientDescent(0.1), epochs=1)
CALLS = [lambda path: save(path, W), load, written, check_writable, HISTORY.save, History.load]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(("path", "kind"), [
    (None, TypeError), (3, TypeError), (b"it.npz", TypeError), (W, TypeError),
    (["it.npz"], TypeError),
    (open, TypeError), ("", ValueError), (" ", ValueError), ("a\0.npz", ValueError),
])
def test_what_is_no_path_is_refused_and_nothing_is_written(folder, call, path, kind):
    with pytest.raises(kind, match=r"a path is a text or a Path|names no file") as caught:
        call(path)
    assert "\n" not in str(caught.value)
    assert not list(folder.iterdir())


@pytest.mark.parametrize("read", [load, History.load])
@pytest.mark.parametrize(("path", "says"), [
    ("weihgts.npz", "there is no file 'weihgts.npz'. Did you mean weights.npz?"),
    ("Weights.NPZ", "Did you mean weights.npz?"), ("weights", "Did you mean weights.npz?"),
    ("zzz", "there is no file 'zzz'."), ("none/weights.npz", "there is no folder 'none'"),
])
def test_a_file_that_is_not_there_is_told_the_name_that_is_near(read, path, says):
    save("weights.npz", W)
    with pytest.raises(FileNotFoundError) as caught:
        read(path)
    assert says in str(caught.value)


def test_a_short_name_without_its_suffix_is_told_the_suffix():
    save("w.npz", W)
    with pytest.raises(FileNotFoundError, match=r"there is no file 'w'\. Did you mean w\.npz\?"):
        load("w")


def test_arguments_in_the_wrong_order_are_shown_the_call():
    with pytest.raises(TypeError, match=r'save\("weights.npz", \{"w": w, "b": b\}\)'):
        save(W, "weights.npz")


def test_a_folder_is_no_file(folder):
    for call, kind in ((load, FileError), (lambda path: save(path, W), IsADirectoryError)):
        (folder / "it.npz").mkdir(exist_ok=True)
        with pytest.raises(kind, match="folder"):
            call("it.npz")
    with pytest.raises(ValueError, match="names no file"):
        save(".", W)


def test_a_file_that_may_not_be_read_is_one_sentence(monkeypatch):
    save("it.npz", W)

    def denied(*how):
        raise PermissionError(13, "Permission denied", "it.npz")

    monkeypatch.setattr(Path, "open", denied)
    with pytest.raises(PermissionError, match=r"^it\.npz cannot be read: Permission denied\.$"):
        load("it.npz")
