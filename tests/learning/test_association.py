"""Associations from arrays and from CSV files: checked, split, dealt out in mini-batches."""

import io
import warnings

import numpy as np
import pytest

from tinygrad_edu import Value
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


# -- what the content of a file decides -----------------------------------------------------------


def said(text, csv, target=-1, **how):
    """(x, target, what was said about the decisions)."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        x, target = read_csv(csv(text), target, **how)
    return x.tolist(), target.tolist(), " ".join(str(warning.message) for warning in caught)


@pytest.mark.parametrize(("text", "x", "target"), [
    ("0,1,2\n1.5,2.5,3.5\n", [[1.5, 2.5]], [[3.5]]),  # as pandas writes columns without names
    ("0,1,2\n5,6,7\n9,8,9\n", [[5, 6], [9, 8]], [[7], [9]]),
    ("0,1\n0.5,1.5\n2.5,3.0\n", [[0.5], [2.5]], [[1.5], [3]]),
    ("0,1\n5,7\n4,8\n", [[5], [4]], [[7], [8]]),
    ("2001,2002,2003\n1.5,2,3\n", [[1.5, 2]], [[3]]),
    ("2001,2002\n1200,1300\n", [[1200]], [[1300]]),
    ("1,2,3\n0.1,0.2,0.3\n0.4,0.5,0.6\n", [[0.1, 0.2], [0.4, 0.5]], [[0.3], [0.6]]),
    ("3,7\n0.1,0.2\n", [[0.1]], [[0.2]]),
])
def test_a_header_of_numbers_is_taken_for_names_and_that_is_said(csv, text, x, target):
    assert said(text, csv)[:2] == (x, target)
    assert "is taken for the names of the columns. header=False takes it for numbers" in said(text,
        csv)[2]
    assert said(text, csv, header=True) == (x, target, "")
    assert len(said(text, csv, header=False)[0]) == len(x) + 1
    assert said(text, csv, header=False)[2] == ""


@pytest.mark.parametrize("text", [
    "0,0,0\n0,1,1\n1,0,1\n1,1,0\n", "1,2,3\n4,5,6\n", "2001,2002\n2003,2004\n", "5,3\n0.5,0.25\n",
    "0,1,2\n",
    "0.0,1.0,2.0\n1.5,2.5,3.5\n", "1,2\n0.5,1.5\n3,4\n", "-1,0\n1,2\n",
])
def test_numbers_in_the_first_line_that_are_no_names_are_learnt_from(csv, text):
    x, _, sentence = said(text, csv)
    assert (x[0], sentence) == ([float(cell) for cell in text.split("\n")[0].split(",")][:-1], "")


@pytest.mark.parametrize("text", ["0,1\n1,0\n", "0,1\n1,3\n2,5\n", "0,1\n0.5,2\n1,3\n"])
def test_a_first_line_0_1_that_goes_on_below_is_taken_for_numbers_and_that_is_said(csv, text):
    x, _, sentence = said(text, csv)
    assert x[0] == [0]
    assert "line 1, '0, 1', is taken for numbers. header=True" in sentence
    assert said(text, csv, header=False)[2] == ""


@pytest.mark.parametrize(("text", "how"), [
    ("x1,2001,2002\n5,6,7\n", {}), (",0,1,2\n0,5,6,7\n", {"index_column": 0}),
    ("# 0,1,2\n5,6,7\n", {}),
    ("# a,b,c\n5,6,7\n", {"target": "c"}), (",0\n0,7\n", {"index_column": False}),
    ('"a",2001,"c"\n5,6,7\n', {"header": True}),
])
def test_a_first_line_that_cannot_be_numbers_is_the_header_without_a_word(csv, text, how):
    *_, target, sentence = said(text, csv, **how)
    assert (target, sentence) == ([[7]], "")


@pytest.mark.parametrize("text", [
    ",a,y\n0,1.5,2\n1,2.5,4\n", ",a,y\n7,1.5,2\n3,2.5,4\n", ",a,y\n0,1.5,2\n0,2.5,4\n",
    ",a,y\np,1.5,2\nq,2.5,4\n",
    ",a,y\n2020-01-01,1.5,2\n2020-01-02,2.5,4\n", "Unnamed: 0,a,y\n0,1.5,2\n1,2.5,4\n",
    ",Unnamed: 0,a,y\n0,0,1.5,2\n1,1,2.5,4\n", ",,a,y\n0,p,1.5,2\n1,q,2.5,4\n",
    '"","a","y"\n"1",1.5,2\n"2",2.5,4\n',
    "a,y\n1,1.5,2\n2,2.5,4\n", ",0,1\n0,1.5,2\n1,2.5,4\n", ",2001,2002\n5,1.5,2\n6,2.5,4\n",
])
def test_a_first_column_without_a_name_is_an_index_and_left_out_and_that_is_said(csv, text):
    x, target, sentence = said(text, csv)
    assert (x, target) == ([[1.5], [2.5]], [[2], [4]])
    assert "has no name, as pandas and R write an index" in sentence
    assert "is left out. index_column=False learns from it." in sentence


def test_an_index_column_can_be_named_and_denied(csv):
    text = ",a,y\n0,1.5,2\n1,2.5,4\n"
    assert said(text, csv, index_column=False) == ([[0, 1.5], [1, 2.5]], [[2], [4]], "")
    assert said(text, csv, index_column=0) == ([[1.5], [2.5]], [[2], [4]], "")
    text = "id,when,a,y\np,2020-01-01,1.5,2\n"
    for columns in (["id", "when"], (0, 1), [np.int64(0), "when"], np.array([0, 1])):
        assert said(text, csv, index_column=columns) == ([[1.5]], [[2]], "")
    assert said("a,id,y\n1,2,3\n", csv, index_column="id") == ([[1]], [[3]], "")


@pytest.mark.parametrize(("text", "how", "says"), [
    (",a,y\n0.5,1,2\n0.7,3,4\n", {},
        "column 1 has no name, and is learnt from. index_column=0 leaves it out"),
    (",a,y\n0,1,2\n1,3,4\n", {"target": 0}, "column 1 has no name, and is the target"),
    ("0,0.5,1\n1,0.7,2\n2,0.2,5\n", {},
        "column 1 counts the rows, and is learnt from. index_column=0 leaves it out"),
    ("id,a,y\n1,5,2\n2,3,4\n3,1,1\n", {}, "id counts the rows, and is learnt from"),
    ("index,a,y\n0,5,2\n1,3,4\n2,1,1\n", {}, "index counts the rows, and is learnt from"),
])
def test_a_column_that_may_be_an_index_is_learnt_from_and_that_is_said(csv, text, how, says):
    x, _, sentence = said(text, csv, **how)
    assert says in sentence
    assert len(x[0]) == 2
    assert said(text, csv, index_column=False, **how) == (*said(text, csv, **how)[:2], "")


def test_a_counting_column_of_two_or_in_the_middle_is_no_index(csv):
    for text in ("0,5\n1,3\n2,2\n", "5,0,1\n4,1,3\n3,2,6\n", "t,a,y\n0,5,1\n1,6,3\n2,7,6\n"):
        assert said(text, csv)[2] == ""
    assert said("a,Unnamed: 0,y\n1,2,3\n", csv) == ([[1, 2]], [[3]], "")


def test_rows_with_one_value_too_many_that_does_not_tell_them_apart_are_refused(csv):
    for text in ("a,b\n1,5,2\n1,6,3\n", "a,b\n0.5,5,2\n0.7,6,3\n", "a,b\n1,5,2\n2,6\n"):
        with pytest.raises(ValueError, match="3 values where there are 2 columns"):
            read_csv(csv(text))


def test_the_warning_points_to_the_line_that_reads(csv):
    with pytest.warns(UserWarning, match="data.csv: line 1") as caught:
        read_csv(csv("0,1,2\n5,6,7\n"))
    assert caught[0].filename == __file__


@pytest.mark.parametrize("index", [True, False])
@pytest.mark.parametrize("frame", [
    lambda pandas: pandas.DataFrame(x),
    lambda pandas: pandas.DataFrame(np.random.default_rng(0).normal(size=(4, 3))),
    lambda pandas: pandas.DataFrame(x, columns=["a", "b"]),
    lambda pandas: pandas.DataFrame(x, columns=[1999, 2000]),
    lambda pandas: pandas.DataFrame(x, columns=["a", "b"]).sample(frac=1, random_state=0),
    lambda pandas: pandas.concat([pandas.DataFrame(x, columns=["a", "b"])] * 2),
    lambda pandas: pandas.DataFrame(x, columns=["a", "b"], index=list("abcdefghij")),
    lambda pandas: pandas.DataFrame(x, columns=["a", "b"],
        index=pandas.date_range("2020-01-01", periods=10)),
])
@pytest.mark.filterwarnings("ignore")
def test_what_pandas_writes_is_read_as_its_values(tmp_path, index, frame):
    frame = frame(pytest.importorskip("pandas"))
    frame.to_csv(tmp_path / "it.csv", index=index)
    ours, target = read_csv(tmp_path / "it.csv")
    np.testing.assert_array_equal(np.hstack([ours, target]), frame.to_numpy())


# -- separators, decimals, and what is no number --------------------------------------------------


@pytest.mark.parametrize(("text", "says", "how"), [
    ("a;b\n1;2\n", "separator=';').", {"separator": ";"}),
    ("a;b\n1,5;2\n3,5;4\n", "separator=';', decimal=',')", {"separator": ";", "decimal": ","}),
    ("1,5;2,5\n3,5;4,5\n", "separator=';', decimal=',')", {"separator": ";", "decimal": ","}),
    ("a\tb\n1\t2\n", "separator='\\t').", {"separator": "\t"}),
    ("1,5\t2,5\n", "separator='\\t', decimal=',')", {"separator": "\t", "decimal": ","}),
    ("a b\n1 2\n", "separator=' ').", {"separator": " "}),
    (" a   b \n1.0  2\n10.5 3 \n", "separator=' ').", {"separator": " "}),
    ("1,5 2,5\n3,5 4,5\n", "separator=' ', decimal=',')", {"separator": " ", "decimal": ","}),
    ("1|2\n3|4\n", "separator='|').", {"separator": "|"}),
    ("1.0e+00 2.0e+00\n3.0e+00 4.0e+00\n", "separator=' ').", {"separator": " "}),  # numpy.savetxt
])
def test_another_separator_is_named_and_reads_the_file(csv, text, says, how):
    with pytest.raises(ValueError, match=r"data\.csv seems to have") as caught:
        read_csv(csv(text))
    assert says in str(caught.value)
    x, target = read_csv(csv(text), **how)
    numbers = [line for line in text.replace(",",
        ".").split("\n") if line.strip() and line.strip()[0].isdigit()]
    assert [[*a, *b] for a, b in zip(x.tolist(), target.tolist())] == [
        [float(cell) for cell in line.split(how["separator"].strip(" ") or None)]
        for line in numbers]


def test_a_separator_of_commas_is_named_too(csv):
    for separator in ";\t |":
        with pytest.raises(ValueError, match="separator=','"):
            read_csv(csv("a,b\n1,2\n"), separator=separator)


@pytest.mark.parametrize("text", [
    "a,b,\n1,2,\n3,4,\n", "a,b\n1,2,\n3,4,\n", "a,b,,\n1,2,,\n,,,\n3,4,,\n",
    "a,b\r\n1,2\r\n\r\n3,4\r\n", "a,b\r1,2\r3,4\r",
    "\ufeffa,b\n1,2\n3,4", "# measured by hand\n# a,b\n1,2\n3,4\n", "# a,b\n1,2\n3,4\n",
    "# measured by hand\na,b\n1,2\n3,4\n", "sep=;\na;b\n1;2\n3;4\n",
    "sep=\t\r\na\tb\r\n1\t2\r\n3\t4\r\n", '"a","b"\n"1","2"\n"3","4"\n', "a , b\n 1, 2 \n3 ,4\n",
    "\n\na,b\n1,2\n\n3,4\n\n",
])
def test_line_ends_quotes_blanks_and_separators_at_the_end_do_no_harm(tmp_path, text):
    (tmp_path / "data.csv").write_bytes(text.encode())
    x, target = read_csv(tmp_path / "data.csv", target="b")
    assert (x.tolist(), target.tolist()) == ([[1], [3]], [[2], [4]])


@pytest.mark.parametrize(("cell", "says"), [
    *((cell, "stands for a missing value") for cell in ("NA", "n/a", "NaN", "null", "None", "?",
        "-", ".")), ("", "there is no value"),
    *((cell, "not a finite number") for cell in ("inf", "-Infinity", "1e999")),
    *((cell, "Write 1 and 0") for cell in ("True", "false", "yes", "No")),
    *((cell, "has a decimal comma. Say decimal=','") for cell in ("1,5", "-0,25", ",5")),
        ("1,234", "has a comma in it"),
    *((cell, "thousands without a separator") for cell in ("1,234,567", "1,234.5", "1.234,5",
        "1'000", "1 000")),
    *((cell, "is a date") for cell in ("2020-01-31", "31.12.2020", "1/2/20", "2020-01-31 10:00",
        "2020-01-31T10:00:00")),
    *((cell, "without the unit") for cell in ("50%", "$5", "5 kg", "20°C", "3.5€")),
        ("red", "Write classes as 0, 1, 2"),
    ("−5", "a dash for a minus sign"),
    ("1_000", "is not a number"), ("0x10", "is not a number"), ("1-2", "is not a number"),
])
def test_a_cell_that_is_no_number_is_told_the_likely_cause(csv, cell, says):
    with pytest.raises(ValueError, match=r"data\.csv, line 3, b: ") as caught:
        read_csv(csv(f'a,b,c\n1,2,3\n4,"{cell}",6\n'))
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_decimal_commas_in_quotes_can_be_read_between_commas(csv):
    x, target = read_csv(csv('a,b\n"1,5","2,5"\n'), decimal=",")
    assert (x.tolist(), target.tolist()) == ([[1.5]], [[2.5]])
    with pytest.raises(ValueError, match="has a decimal point, where decimal=',' was said"):
        read_csv(csv('a;b\n1.5;2,5\n'), separator=";", decimal=",")


@pytest.mark.parametrize(("text", "how", "says"), [
    ("a,b\n1,2\n", {"header": 0}, "header is 0"),
    ("a,b\n1,2\n", {"header": "infer"}, "header is 'infer'"),
    ("a,b\n1,2\n", {"index_column": True}, "index_column is True"),
    ("a,b,c\n1,2,3\n", {"index_column": 3}, "no column 3"),
    ("a,b,c\n1,2,3\n", {"index_column": "A"}, "Did you mean a?"),
    ("a,b,c\n1,2,3\n", {"index_column": "c"}, "both the target and"),
    ("a,b,c\n1,2,3\n", {"index_column": [0, 1]}, "nothing is left for x. index_column=False"),
    (",y\n0,5\n1,6\n", {}, "nothing is left for x. index_column=False learns from it"),
    ("a,b\n1,2\n", {"decimal": ";"}, "decimal is ';'"),
    ("a,b\n1,2\n", {"decimal": ","}, "',' cannot separate columns and decimals"),
    ("a title\na,b\n1,2\n", {}, "line 2: 2 values where there is 1 column."),
    ("sep=;\na;b\n1;x\n", {}, "line 3, b: 'x'"),
    ("# only,comments\n# are,here\n", {}, "is empty"),
    ("a,b\n1,5,2,5\n", {}, "4 values where there are 2 columns. Twice as many"),
    ("a,b\n1.5,2,5\n", {}, "3 values where there are 2 columns. Either a name is missing"),
    ("height,weight\n1,2\n", {"target": "wieght"},
        "no column 'wieght'. It has height, weight. Did you mean weight?"),
    ("Height,Weight\n1,2\n", {"target": "weight "}, "Did you mean Weight?"),
    ("2001,2002\n1.5,2.5\n", {"target": 2002}, "Did you mean the name, '2002'?"),
    ("a,b\n1,2\n", {"target": -3}, "counted from 0 to 1"),
    ("a,b\n1,2\n", {"target": None}, "no column None"),
    (",".join(map("c{}".format, range(40))) + "\n" + ",".join("1" * 40), {"target": "x"},
        "c9 and 30 more"),
    ("a,2020\n1,2\n", {}, "say header=True"), ("a\n", {}, "no numbers below"),
    ("a,b\nx,y\n", {}, "line 2, a: 'x' is not"),
    ("a,b\n1,2\n", {"header": False}, "line 1, column 1: 'a' is not a number"),
    (",\n,,\n", {}, "is empty"),
])
def test_a_csv_that_cannot_be_read_as_asked_gets_a_sentence(csv, text, how, says):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(ValueError, match=r".") as caught:
            read_csv(csv(text), **how)
    assert says in str(caught.value)


def test_one_row_is_one_association(csv):
    assert [array.shape for array in read_csv(csv("a,b,c\n1,2,3\n"))] == [(1, 2), (1, 1)]


# -- paths ----------------------------------------------------------------------------------------


def test_a_file_is_a_text_a_path_or_open(csv):
    path = csv("\ufeffa,b\n1,2\n")
    with path.open(encoding="utf-8") as file:
        for given in (path, str(path), np.str_(path), file, io.StringIO("a,b\n1,2\n")):
            assert read_csv(given)[0].tolist() == [[1]]


@pytest.mark.parametrize(("path", "kind", "says"), [
    ("dta.csv", FileNotFoundError, "there is no file 'dta.csv'. Did you mean data.csv?"),
    ("Data.CSV", FileNotFoundError, "Did you mean data.csv?"),
    ("none/data.csv", FileNotFoundError, "there is no folder 'none'"),
    (".", IsADirectoryError, "Its CSV files: data.csv"), ("", ValueError, "names no file"),
    ("a\0.csv", ValueError, "names no file"),
    (None, TypeError, "a path is a text or a Path, and this is None"), (3, TypeError, "this is 3"),
    (b"data.csv", TypeError, "b'data.csv'"),
    (["data.csv"], TypeError, "['data.csv']"), (io.BytesIO(b"a,b"), TypeError, "open for bytes"),
])
def test_a_path_that_leads_nowhere_gets_a_sentence(csv, monkeypatch, path, kind, says):
    monkeypatch.chdir(csv("a,b\n1,2\n").parent)
    with pytest.raises(kind) as caught:
        read_csv(path)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


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
    (lambda: held_out([[1], [2, 3]], [1, 2], 0.5), ShapeError, ["not equally long"]),
    (lambda: held_out(x, target, 1.0), ValueError, ["1.0 of 10"]),
    (lambda: held_out(x, target, -0.5), ValueError, ["-0.5"]),
    (lambda: held_out(x, target, 1.5), ValueError, ["1.5 of 10"]),
    (lambda: held_out(x, target, 0), ValueError, ["0.0 of 10"]),
    (lambda: held_out(x, target, 1), ValueError, ["1.0 of 10"]),
    (lambda: held_out(x, target, np.nan), ValueError, ["share is nan"]),
    (lambda: held_out(x, target, "0.2"), ValueError, ["share is '0.2'"]),
    (lambda: held_out(x, target, None), ValueError, ["share is"]),
    (lambda: held_out(x, target, True), ValueError, ["share is True"]),
    *((lambda seed=seed: held_out(x, target, 0.2, seed), ValueError,
        ["the seed is"]) for seed in (-1, 0.5, "0", None, True, [1])),
])
def test_mistakes_get_a_sentence(mistake, kind, words):
    with pytest.raises(kind) as caught:
        mistake()
    assert all(word in str(caught.value) for word in words), caught.value


def test_associations_are_copies_that_nobody_can_write_into():
    ours, _ = associations(x, target)
    assert not ours.flags.writeable
    assert not np.shares_memory(ours, x)


def test_shares_and_seeds_of_numpys_are_numbers():
    plain = held_out(x, target, 0.5, 3)
    for numpys in (held_out(x, target, np.float32(0.5), np.int64(3)),
        held_out(Value(x), target.tolist(), np.array([0.5]), np.uint8(3))):
        np.testing.assert_array_equal(numpys[1][0], plain[1][0])


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
