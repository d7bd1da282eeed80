"""Associations from arrays and from CSV files: checked, split, dealt out in mini-batches."""

import numpy as np
import pytest

from tinygrad_edu.autodiff.mistakes import DTypeError, ShapeError
from tinygrad_edu.learning.association import associations, batches, held_out, read_csv

x, target = np.arange(20.0).reshape(10, 2), np.arange(10.0).reshape(10, 1)


@pytest.fixture
def csv(tmp_path):
    def write(text, encoding="utf-8"):
        (tmp_path / "data.csv").write_text(text, encoding=encoding)
        return tmp_path / "data.csv"

    return write


def test_a_csv_with_names_gives_the_named_column_as_target_and_the_others_as_inputs(csv):
    x, target = read_csv(csv("height,age,weight\n1.5, 20,60\n\n1.8,30,80\n"), target="age")
    np.testing.assert_array_equal(x, [[1.5, 60], [1.8, 80]])
    np.testing.assert_array_equal(target, [[20], [30]])


def test_a_csv_without_names_has_its_last_column_as_target(csv):
    x, target = read_csv(csv("1,2,3\n4,5,6e1\n"))
    np.testing.assert_array_equal(x, [[1, 2], [4, 5]])
    np.testing.assert_array_equal(target, [[3], [60]])


def test_a_separator_is_one_character_and_may_stand_in_a_name(csv):
    for separator in (";;", "", "\n", 5):
        with pytest.raises(ValueError, match="one character"):
            read_csv(csv("a,b\n1,2\n"), separator=separator)
    assert read_csv(csv('"a;b",p(y|x)\n1,2\n'))[0].tolist() == [[1.0]]


def test_another_separator_can_be_named(csv):
    x, target = read_csv(csv("a;b;c\n1;2;3\n"), target=np.int64(0), separator=";")
    assert (x.tolist(), target.tolist()) == ([[2.0, 3.0]], [[1.0]])


def test_several_columns_can_be_the_target_and_quotes_and_the_mark_of_excel_do_no_harm(csv):
    x, target = read_csv(csv('"a, b",c,d\n1,2,3\n', "utf-8-sig"), target=["a, b", -1])
    assert (x.tolist(), target.tolist()) == ([[2.0]], [[1.0, 3.0]])


@pytest.mark.parametrize(("text", "target", "words"), [
    ("a,b\n1,2\n3,\n", -1, ["line 3", "b", "no value"]),
    ("a,b\n1,2\n3,x y\n", -1, ["line 3", "b", "'x y' is not a number"]),
    ("a,b\n1,nan\n", -1, ["line 2", "b", "'nan'"]),
    ("1,2\n3,\n", -1, ["line 2", "column 2", "no value"]),
    ("1,x\n3,4\n", -1, ["line 1", "column 2", "'x'"]),
    (",2\n3,4\n", -1, ["line 1", "column 1", "no value"]),
    ("a,b\n1,2\n3\n", -1, ["line 3", "1 value where", "2 columns"]),
    ("a,a\n1,2\n", "a", ["several columns 'a'"]),
    ("a,b\n1_000,2\n", -1, ["'1_000' is not a number"]),
    ('a,b\n"1,2\n', -1, ["cannot be read as CSV"]),
    ("a,b\n1,2\n", "c", ["'c'", "a, b"]),
    ("a,b\n1,2\n", 2, ["no column 2"]),
    ("a;b\n1;2\n", -1, ["';'", "separator=';'"]),
    ("a\tb\n1\t2\n", -1, ["separator='\\t'"]),
    ("a,b\n1,2\n", ["b", -1], ["named twice"]),
    ("a,b\n1,2\n", True, ["no column True"]),
    ("a,b\n1,2\n", [], ["no column is the target", "a, b"]),
    ("a,b\n1,2\n", 1.0, ["no column 1.0"]),
    ("a\n1\n", -1, ["nothing is left", "commas"]),
    ("", -1, ["empty"]),
    ("a,b\n", -1, ["no numbers"]),
])
def test_a_csv_that_cannot_be_learnt_from_gets_a_sentence_with_line_and_column(csv, text, target, words):
    with pytest.raises(ValueError, match=r"data\.csv") as caught:
        read_csv(csv(text), target)
    assert all(word in str(caught.value) for word in words), caught.value


def test_a_csv_that_is_not_utf_8_gets_a_sentence(csv):
    with pytest.raises(ValueError, match="UTF-8"):
        read_csv(csv("Höhe,b\n1,2\n", "latin-1"))


@pytest.mark.parametrize(("mistake", "kind", "words"), [
    (lambda: associations(x[0], target), ShapeError, ["(2,)", "reshape(-1, 1)"]),
    (lambda: associations(x, target[:9]), ShapeError, ["10 inputs", "9 targets"]),
    (lambda: associations(x[:0], target[:0]), ShapeError, ["at least one"]),
    (lambda: associations(x, 1.0), ShapeError, ["1 targets"]),
    (lambda: associations(np.where(x == 7, np.nan, x), target), ValueError, ["x[3, 1] is nan"]),
    (lambda: associations(x, np.where(target == 2, np.inf, target)), ValueError, ["target[2, 0] is inf"]),
    (lambda: associations([["a"]], target), DTypeError, ["a"]),
    (lambda: held_out(x, target[:5], 0.2), ShapeError, ["(10, 2)", "(5, 1)"]),
    (lambda: held_out(x, target, 0.01), ValueError, ["0.01 of 10"]),
    (lambda: held_out(x, target, 1.0), ValueError, ["1.0 of 10"]),
    (lambda: held_out(x, target, -0.5), ValueError, ["-0.5"]),
])
def test_mistakes_get_a_sentence(mistake, kind, words):
    with pytest.raises(kind) as caught:
        mistake()
    assert all(word in str(caught.value) for word in words), caught.value


def test_associations_are_copies_that_nobody_can_write_into():
    ours, _ = associations(x, target)
    assert not ours.flags.writeable
    assert not np.shares_memory(ours, x)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_what_is_held_out_and_what_is_kept_are_all_and_share_nothing(share):
    (_, target_kept), (x_out, target_out) = held_out(x, target, share, seed=3)
    assert len(x_out) == round(share * 10)
    assert sorted([*target_kept.ravel(), *target_out.ravel()]) == target.ravel().tolist()
    np.testing.assert_array_equal(x_out[:, :1], 2 * target_out)  # still paired
    assert not np.array_equal(held_out(x, target, share, seed=4)[1][0], x_out)


@pytest.mark.parametrize("size", [1, 3, 9, 10, 11, None])
def test_every_association_is_in_one_mini_batch_of_an_epoch(size):
    dealt = list(batches(x, target, size, seed=1, epoch=5))
    assert sorted(np.concatenate([t for _, t in dealt]).ravel()) == target.ravel().tolist()
    assert [len(t) for _, t in dealt][:-1] == [size] * (len(dealt) - 1)
    assert all(np.array_equal(x_b[:, :1], 2 * t_b) for x_b, t_b in dealt)


def test_the_order_of_mini_batches_follows_from_seed_and_epoch():
    order = lambda seed, epoch: np.concatenate([t for _, t in batches(x, target, 3, seed, epoch)]).ravel().tolist()  # noqa: E731
    assert order(1, 2) == order(1, 2)
    assert order(1, 2) != order(1, 3)
    assert order(1, 2) != order(2, 2)
