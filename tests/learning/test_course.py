"""A course that was interrupted goes on where it was, to the same bits; one that diverged keeps what was learnt, and says where."""

from pathlib import Path

import numpy as np
import pytest

from tinygrad_edu import Adam, Course, Momentum, Network, Player, Value, half_squared_error
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
    with pytest.warns(UserWarning, match="it.npz is not taken up, and will be written over"):
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


def test_enough_may_look_at_the_log_and_is_first_asked_after_the_first_step(tmp_path):
    asked = []

    def enough(course):
        asked.append(course.steps)
        return course.log["E"][-1] >= 2

    course = made(tmp_path / "it.npz")[0].learn(lambda n: {"E": n}, 100, enough=enough)
    assert (course.steps, asked) == (3, [1, 2, 3])
    again = made(tmp_path / "it.npz")[0].learn(lambda n: {"E": n}, 100, enough=enough)
    assert (again.steps, asked[3:]) == (3, [3])  # taken up, it is enough already


class Heap:
    """A part that writes into its one array, and hands that out as its state."""

    def __init__(self):
        self.array = np.zeros(2)

    def state(self):
        return {"w/0": self.array}

    def restore(self, state):
        self.array[:] = state["w/0"]


def test_a_part_that_writes_into_its_arrays_is_kept_as_it_was_at_each_step():
    heap = Heap()

    def step(n):
        heap.array += 1
        if n == 4:
            raise KeyboardInterrupt

    course = Course({"heap": heap})
    with pytest.raises(KeyboardInterrupt):
        course.learn(step, 9, keep=range(9))
    assert [course.kept[n]["heap"]["w/0"].tolist() for n in range(5)] == [[n, n] for n in range(5)]
    assert heap.array.tolist() == [4, 4]  # from before the step that was not finished


def test_a_scalar_weight_goes_through_a_course(tmp_path):
    def run(stop):
        w = Value(1.0)
        player = Player("one", w, Adam(0.1))

        def step(n):
            if n == stop:
                raise KeyboardInterrupt
            return {"E": player.step(w**2)}

        course = Course({"one": player}, str(tmp_path / "it.npz"))
        try:
            course.learn(step, 6)
        except KeyboardInterrupt:
            return run(None)
        return w.item(), course.log["E"]

    with_a_break = run(3)
    (tmp_path / "it.npz").unlink()
    assert with_a_break == run(None)


@pytest.mark.parametrize("file", [str, lambda path: path, np.str_])
def test_a_file_is_a_text_or_a_path(tmp_path, file):
    Course({"heap": Heap()}, file(tmp_path / "it.npz")).learn(lambda n: None, 2)
    assert (tmp_path / "it.npz").exists()


def test_names_in_the_log_may_have_a_slash_and_come_back(tmp_path):
    for _ in range(2):
        course = Course({"heap": Heap()}, tmp_path / "it.npz")
        course.learn(lambda n: {"a/b": n, "a": True, "δ": np.float32(2)}, 2)
        assert course.log == {"a/b": [0, 1], "a": [1, 1], "δ": [2, 2]}


@pytest.mark.parametrize(("optimizer", "about", "says"), [
    (Adam(0.02), None, "players/one/epsilon was 0.01 and is 0.02"),
    (Adam(0.01, beta_1=0.5), None, "players/one/beta_1 was 0.9 and is 0.5"),
    (Momentum(0.01), None, "players/one/optimizer was Adam and is Momentum"),
    (Adam(0.01), {"seed": np.int64(1)}, "seed was 0 and is 1"),
    (Adam(0.01), {}, "seed was 0 and is not set"),
    (Adam(0.01), {"seed": 0, "sizes": [2, 3]}, "sizes was not set and is [2, 3]"),
])
def test_a_course_with_other_settings_is_begun_from_the_start_and_says_which(tmp_path, optimizer,
    about, says):
    about = {"seed": 0} if about is None else about

    def run(optimizer, about, file=tmp_path / "it.npz"):
        w = Value([1.0, 2.0])
        player = Player("one", [w], optimizer)
        Course({"one": player}, file, about).learn(lambda n: {"E": player.step((w**2).sum())}, 5)
        return w.data.tolist()

    run(Adam(0.01), {"seed": 0})
    with pytest.warns(UserWarning, match="is not taken up, and will be written over") as caught:
        other = run(optimizer, about)
    assert "it is of another course: " in str(caught[0].message)
    assert says in str(caught[0].message)
    assert caught[0].filename == __file__
    assert other == run(optimizer, about, None)


def test_a_part_that_cannot_be_taken_up_leaves_the_others_as_they_are(tmp_path):
    first, second = Heap(), Heap()
    first.array[:] = 5
    Course({"first": first}, tmp_path / "it.npz").learn(lambda n: None, 2)
    other = Heap()
    with pytest.warns(UserWarning, match="it lacks 'second'"):
        Course({"first": other, "second": second}, tmp_path / "it.npz").learn(lambda n: None, 0)
    assert other.array.tolist() == [0, 0]


def test_a_setting_may_have_any_name_and_a_part_any_attribute():
    heap = Heap()
    heap.settings = {"f": len}
    one, other = (Course({"heap": heap}, about={"players": n, "about": n}).about for n in range(2))
    assert one != other


def test_settings_of_numpys_and_paths_describe_a_course_as_pythons_do():
    plain = {"seed": 3, "sizes": [2, 1], "rate": 0.5, "data": "a/b"}
    same = {"seed": np.int64(3), "sizes": np.array([2, 1]), "rate": np.float64(0.5),
        "data": Path("a/b")}
    assert Course({"heap": Heap()}, about=same).about == Course({"heap": Heap()}, about=plain).about


def test_counts_of_numpys_and_whole_floats_are_counts():
    course = Course({"heap": Heap()}).learn(lambda n: {"E": np.array([[n]])}, np.int64(10),
                                            keep=np.linspace(0, 10, 3))
    assert (course.steps, list(course.kept), course.log["E"][-1]) == (10, [0, 5, 10], 9.0)


def course(**settings):
    return Course({"heap": Heap()}, **settings)


nothing = lambda n: None  # noqa: E731


@pytest.mark.parametrize(("wrong", "kind", "says"), [
    (lambda: Course([Heap()]), TypeError, "parts by name"),
    (lambda: Course({}), TypeError, "parts by name"),
    (lambda: Course(Heap()), TypeError, "parts by name"),
    (lambda: Course({"net": Network(2, 1)}), TypeError,
        "the part 'net' is a Network, which has no state()"),
    (lambda: Course({"w": np.zeros(2)}), TypeError, "the part 'w' is a ndarray"),
    (lambda: Course({"a/b": Heap()}), ValueError, "'a/b'"),
    (lambda: Course({1: Heap()}), ValueError, "called 1"),
    (lambda: course(file="it.pkl"), ValueError, "it.npz"),
    (lambda: course(file="it"), ValueError, "it.npz"),
    (lambda: course(file=""), ValueError, "names no file"),
    (lambda: course(file=3), TypeError, "a path is a text or a Path"),
    (lambda: course(about=[1]), TypeError, "about is a dict"),
    (lambda: course(about={"f": len}), TypeError, "about holds texts"),
    (lambda: course(about={(1, 2): 3}), TypeError, "about holds texts"),
    (lambda: course(shown="heep"), ValueError, "no part 'heep' to show; the parts are heap"),
    *((lambda s=s: course().learn(nothing, s), ValueError, "steps is") for s in (-1, 2.5, "9",
        None, True)),
    *((lambda k=k: course().learn(nothing, 3, k), (TypeError, ValueError), "keep") for k in (5,
        "all", [0.5], [-1], None)),
    (lambda: course().learn(None, 3), TypeError, "step is None; it is a function"),
    (lambda: course().learn(nothing, 3, enough=0.5), TypeError, "enough is 0.5; it is a function"),
    *((lambda g=g: course().learn(lambda n: g, 3), (TypeError, ValueError), "step 0 gave")
      for g in (1.0, [1.0], "E", {"E": np.zeros(2)}, {"E": "1"}, {"E": None}, {3: 1.0})),
    (lambda: course().write(), ValueError, "the course has no file"),
    (lambda: course().learn(nothing, 3, [1]).weights(2, "heap"), KeyError,
        "there is no 2; there is 1"),
    (lambda: course().learn(nothing, 3, [1]).weights(1, "one"), KeyError,
        "there is no 'one'; there is heap"),
    (lambda: course().learn(lambda n: {"E": n}, 3).log["e"], KeyError,
        "there is no 'e'; there is E"),
    (lambda: course().log["E"], KeyError, "nothing yet"),
])
def test_a_course_that_cannot_be_is_refused_in_one_sentence(wrong, kind, says):
    with pytest.raises(kind) as caught:
        wrong()
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_course_that_cannot_be_written_is_refused_before_its_first_step(tmp_path):
    taken = []
    for file in (tmp_path / "none" / "it.npz", tmp_path / "folder.npz"):
        (tmp_path / "folder.npz").mkdir(exist_ok=True)
        with pytest.raises(OSError, match=r"folder"):
            course(file=file).learn(taken.append, 3)
    assert not taken


def test_a_part_whose_state_is_no_dict_is_refused():
    heap = Heap()
    heap.state = lambda: [heap.array]
    with pytest.raises(TypeError, match="the state of 'heap' is a list; it is a dict of arrays"):
        Course({"heap": heap}).learn(nothing, 3)


def test_a_step_whose_numbers_are_refused_is_taken_back():
    heap = Heap()

    def step(n):
        heap.array += 1
        return {"E": "1"}

    with pytest.raises(ValueError, match="step 0 gave '1' as 'E'"):
        Course({"heap": heap}).learn(step, 3)
    assert heap.array.tolist() == [0, 0]
