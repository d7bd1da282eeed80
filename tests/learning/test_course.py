"""A course that was interrupted goes on where it was, to the same bits; one that diverged keeps what was learnt, and says where."""

import numpy as np
import pytest

from tinygrad_edu import Adam, Course, Network, Player, half_squared_error
from tinygrad_edu.storage.arrays import save

X = np.random.default_rng(0).normal(size=(20, 2))


def made(file=None, about=None, stop=None, seed=0, broken=None):
    """(course, network, run): run(steps) takes steps, and is interrupted in step `stop`."""
    network = Network(2, 3, 1, bias=True, seed=seed)
    player = Player("one", network.parameters, Adam(0.01))
    course = Course({"one": player}, file, about)

    def step(n):
        x = X[np.random.default_rng([7, n]).integers(20, size=8)]
        E = half_squared_error(network(x), x[:, :1])
        noted = {"E": player.step(E * np.nan if n == broken else E)}
        if n == stop:
            raise KeyboardInterrupt  # with the step half done
        return noted

    return course, network, lambda steps: course.learn(step, steps, keep=range(0, 100, 5))


def same(a, b):
    return all(np.array_equal(v.data, w.data) for v, w in zip(a.parameters, b.parameters))


def test_a_course_notes_its_steps_and_keeps_what_it_is_asked_to():
    course, network, run = made()
    run(20)
    assert (course.steps, len(course.log["E"]), sorted(course.kept)) == (20, 20, [0, 5, 10, 15, 20])
    assert course.log["E"][-1] < course.log["E"][0]
    np.testing.assert_array_equal(course.kept[20]["one"]["w/0"], network.parameters[0].data)


@pytest.mark.parametrize("stop", [0, 1, 12, 19])
def test_an_interrupted_course_goes_on_to_the_same_bits(tmp_path, stop):
    whole, wanted, run = made()
    run(20)
    *_, run = made(tmp_path / "it.npz", stop=stop)
    with pytest.raises(KeyboardInterrupt):
        run(20)
    course, network, run = made(tmp_path / "it.npz", seed=5)
    run(20)
    assert same(network, wanted)
    assert course.log == whole.log
    assert sorted(course.kept) == sorted(whole.kept)
    for n in whole.kept:
        np.testing.assert_array_equal(course.kept[n]["one"]["w/0"], whole.kept[n]["one"]["w/0"])


def test_a_finished_course_is_not_taken_again(tmp_path):
    _, wanted, run = made(tmp_path / "it.npz")
    run(20)
    course, network, run = made(tmp_path / "it.npz", stop=0)
    run(20)
    assert same(network, wanted)
    assert course.steps == 20


@pytest.mark.parametrize("content", ["another", "broken", "strange", "of other sizes"])
def test_a_file_of_something_else_is_begun_anew(tmp_path, content):
    file = tmp_path / "it.npz"
    if content == "another":
        made(file, about={"seed": 1}, seed=5)[2](10)
    elif content == "broken":
        file.write_bytes(b"PK\x03\x04 and no more")
    elif content == "strange":
        save(file, {"about": "{}", "steps": 3, "reason": ""})
    else:
        network = Network(2, 9, 1, bias=True)
        Course({"one": Player("one", network.parameters, Adam(0.01))}, file).learn(lambda n: {}, 3)
    _, wanted, run = made()
    run(20)
    course, network, run = made(file)
    run(20)
    assert same(network, wanted)
    assert course.steps == 20


def test_a_course_whose_error_is_no_number_ends_with_what_was_learnt_and_says_where(tmp_path):
    _, wanted, run = made()
    run(13)
    for _ in range(2):  # and is not tried again
        course, network, run = made(tmp_path / "it.npz", broken=13)
        run(20)
        assert course.reason.startswith("step 13: the one's E is nan")
        assert course.steps == 13
        assert same(network, wanted)


def test_enough_is_enough():
    course, _, _ = made()
    course.learn(lambda n: {"E": float(n)}, 100, enough=lambda course: course.steps >= 3)
    assert course.steps == 3
