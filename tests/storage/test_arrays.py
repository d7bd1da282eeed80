"""save and load: every bit comes back, what was changed or is hostile is refused, a kill leaves the old file or the new one."""

import io
import os
import pickle
import random
import subprocess
import sys
import tracemalloc
import zipfile
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygrad_edu.autodiff.value import Value
from tinygrad_edu.storage import arrays as arrays_module
from tinygrad_edu.storage.arrays import DIGITS, TAG, FileError, load, save

rng = np.random.default_rng(0)
DTYPES = [
    "?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "longdouble", "c8", "c16", "clongdouble",
    ">i2", ">u8", ">f4", ">f8", ">c16", ">U3", ">M8[ns]", "M8", "M8[D]", "M8[25s]", "m8", "m8[us]", "U1", "U7", "S1", "S5",
    "V1", "V9", "S0", "U0", "V0",
    [("a", "f8"), ("b", ">i2", (2, 3)), ("c", [("δ", "U2"), ("é", "?")])], np.dtype("i1,f8,S3", align=True),
    np.dtype({"names": ["x"], "formats": ["i4"], "offsets": [4], "itemsize": 16}), np.dtype([(("a title", "w"), "f4")]),
]
SHAPES = [(), (0,), (3, 0, 2), (5,), (2, 3), (1, 4, 1, 2)]


def saved(tmp_path, **arrays):
    return save(tmp_path / "a.npz", arrays)


def bits(array):
    """All that an array is."""
    return array.dtype.str, array.dtype, array.shape, array.flags.f_contiguous, array.tobytes("A")


def refused(path, words):
    with pytest.raises(FileError, match=words):
        load(path)


def npy(header, data=b"", version=1, length=None):
    """An .npy file by hand."""
    text = header.encode()
    length = len(text) if length is None else length
    return b"\x93NUMPY" + bytes([version, 0]) + length.to_bytes(2 if version == 1 else 4, "little") + text + data


def header(descr="'<f8'", shape="(2,)", order="False"):
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}\n"


def sealed(path, content):
    """Writes a zip with the checksum that it has to have: anybody can compute it."""
    body = content[:-DIGITS]
    path.write_bytes(body + sha256(body).hexdigest().encode())
    return path


def archive(path, members, compression=zipfile.ZIP_STORED, comment=TAG + b"0" * DIGITS):
    """A zip of these members, (name, bytes) each, with a right checksum."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", compression) as file:
        file.comment = comment
        for name, data in members:
            file.writestr(name, data)
    return sealed(path, content.getvalue())


# -- every bit comes back ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_every_dtype_and_shape_comes_back_to_the_last_bit(dtype, tmp_path):
    dtype, given = np.dtype(dtype), {}
    for shape in SHAPES:
        for order in "CF":
            size = int(np.prod(shape)) * dtype.itemsize
            noise = rng.integers(0, 2 if dtype.kind == "b" else 256, size, np.uint8)  # NaNs of all kinds, subnormals, −0.0
            given[f"{shape}{order}"] = np.ndarray(shape, dtype, noise, order=order)
    path = save(tmp_path / "a.npz", given)
    found = load(path)
    assert list(found) == list(given)
    for name, array in given.items():
        assert bits(found[name]) == bits(array), name
        assert found[name].flags.writeable, name
    with np.load(path, allow_pickle=False) as other:
        assert other.files == list(given)
        for name, array in given.items():
            if dtype.names is None:  # or NumPy leaves out what is between the fields
                assert bits(other[name]) == bits(array), name
    assert save(tmp_path / "again.npz", found).read_bytes() == path.read_bytes()


def test_nan_payloads_signed_zeros_and_subnormals_keep_their_bits(tmp_path):
    patterns = np.array([0x7FF8000000000001, 0x7FF0DEADBEEF0001, 0xFFF8000000000000, 0x8000000000000000, 1, 0x800FFFFFFFFFFFFF,
                         0x7FF0000000000000], np.uint64)
    found = load(saved(tmp_path, w=patterns.view(np.float64), z=-0.0))
    assert np.array_equal(found["w"].view(np.uint64), patterns)
    assert np.signbit(found["z"])
    assert found["z"].shape == ()


def test_numbers_texts_and_values_come_back_as_arrays(tmp_path):
    w = Value(np.arange(6.0, dtype=np.float32).reshape(2, 3)) * 2
    found = load(saved(tmp_path, w=w, b=Value(0.4), n=3, yes=True, c=1 + 2j, text="δ = ∂E/∂u", half=np.float16(0.5)))
    assert bits(found["w"]) == bits(w.data)
    assert {name: array.item() for name, array in found.items() if name != "w"} == {
        "b": 0.4, "n": 3, "yes": True, "c": 1 + 2j, "text": "δ = ∂E/∂u", "half": 0.5}
    assert found["half"].dtype == np.float16


def test_an_array_that_is_a_view_of_another_comes_back_alone(tmp_path):
    base = np.arange(24.0).reshape(4, 6)
    views = {"T": base.T, "strided": base[::2, ::-3], "broadcast": np.broadcast_to(base[0], (3, 6)), "again": base}
    found = load(saved(tmp_path, **views))
    for name, view in views.items():
        np.testing.assert_array_equal(found[name], view)
    found["again"][:] = 0.0
    np.testing.assert_array_equal(found["T"], base.T)


def test_nothing_saved_is_nothing_loaded(tmp_path):
    assert load(saved(tmp_path)) == {}


@pytest.mark.parametrize("name", ["w", "layer 1/w", "../x", "/etc/passwd", "C:\\x", "a\\b", "δ", "x.npy", ".npy", " ", "\n", "🦔",
                                  "\u00e9", "e\u0301", "about", "file", "x" * 60_000])
def test_any_name_is_a_name_and_nothing_is_put_elsewhere(name, tmp_path):
    (tmp_path / "inner").mkdir()
    path = save(tmp_path / "inner" / "a.npz", {name: 1.0, "other": 2.0})
    assert list(load(path)) == [name, "other"]
    assert [file.name for file in tmp_path.rglob("*")] == ["inner", "a.npz"]


names = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=8)


@given(st.dictionaries(names, st.floats()).filter(lambda given: not any(name + ".npy" in given for name in given)))
def test_names_come_back_in_their_order(tmp_path_factory, given):
    found = load(save(tmp_path_factory.mktemp("names") / "a.npz", given))
    assert [(name, array.tobytes()) for name, array in found.items()] == [
        (name, np.float64(x).tobytes()) for name, x in given.items()]


def test_a_name_is_the_same_where_folders_are_parted_by_backslashes(tmp_path, monkeypatch):
    path = saved(tmp_path, **{"a\\b": 1.0, "a/b": 2.0})
    monkeypatch.setattr(zipfile.os, "sep", "\\")
    assert list(load(path)) == ["a\\b", "a/b"]
    content = path.read_bytes()
    monkeypatch.setattr(sys, "platform", "win32")
    assert saved(tmp_path, **{"a\\b": 1.0, "a/b": 2.0}).read_bytes() == content


def test_the_same_arrays_make_the_same_bytes(tmp_path, monkeypatch):
    first = saved(tmp_path, w=np.arange(3.0), b=2).read_bytes()
    monkeypatch.setattr("time.time", lambda: 2e9)
    assert saved(tmp_path, w=np.arange(3.0), b=2).read_bytes() == first


def test_what_numpy_saved_can_be_saved_again(tmp_path):
    np.savez(tmp_path / "theirs.npz", w=np.arange(3.0), b=2)
    with np.load(tmp_path / "theirs.npz") as theirs:
        found = load(save(tmp_path / "ours.npz", theirs))
    assert {name: array.tolist() for name, array in found.items()} == {"w": [0.0, 1.0, 2.0], "b": 2}


def memory(work):
    """The most bytes that were taken at a time."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_file_is_read_piece_by_piece_and_takes_the_memory_of_its_arrays(tmp_path):
    path = saved(tmp_path, a=rng.normal(size=1_000_000), b=rng.normal(size=1_000_000))
    assert memory(lambda: load(path)) < 16e6 + 3e6
    with path.open("r+b") as file:
        file.write(b"!")
    assert memory(lambda: refused(path, "damaged")) < 3e6


# -- what was changed is refused ---------------------------------------------------------------------------------


def test_every_single_flipped_bit_is_noticed(tmp_path):
    path = saved(tmp_path, w=np.array([1.5, -0.0]), b=np.int8(3))
    content = path.read_bytes()
    with path.open("r+b", buffering=0) as file:
        for place, byte in enumerate(content):
            for now in [*(byte ^ 1 << bit for bit in range(8)), byte]:
                file.seek(place)
                file.write(bytes([now]))
                if now != byte:
                    with pytest.raises(FileError, match=r"a\.npz cannot be loaded: .*damaged"):
                        load(path)
    assert load(path)["b"] == 3


def test_a_file_that_was_cut_off_anywhere_is_noticed(tmp_path):
    path = saved(tmp_path, w=np.array([1.5, -0.0]), b=np.int8(3))
    for length in reversed(range(path.stat().st_size)):
        os.truncate(path, length)
        with pytest.raises(FileError, match=f"its {length} bytes do not end with a checksum. It was damaged or cut off"):
            load(path)


@pytest.mark.parametrize("more", [b"\0", b"\n", TAG, TAG + b"0" * DIGITS, b"PK\5\6" + bytes(18)])
def test_bytes_before_and_behind_are_noticed(more, tmp_path):
    path = saved(tmp_path, w=1.0)
    content = path.read_bytes()
    for changed in (content + more, more + content):
        path.write_bytes(changed)
        with pytest.raises(FileError, match="damaged"):
            load(path)


def test_two_files_behind_each_other_are_none(tmp_path):
    content = saved(tmp_path, w=1.0).read_bytes()
    with pytest.raises(FileError, match="does not begin where"):
        load(sealed(tmp_path / "a.npz", content + content))


# -- what is not ours is refused ---------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"", b"P", b"weights: 1, 2, 3\n" * 99, b"\x93NUMPY\1\0", pickle.dumps([1.0] * 99),
                                     bytes(5000)])
def test_a_file_of_another_kind_is_refused(content, tmp_path):
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(FileError, match=rf"a\.npz cannot be loaded: its {len(content)} bytes do not end with a checksum") as raised:
        load(tmp_path / "a.npz")
    assert raised.value.path == tmp_path / "a.npz"
    assert isinstance(raised.value, ValueError)
    assert str(pickle.loads(pickle.dumps(raised.value))) == str(raised.value)  # as a process gives it to another


def test_a_right_checksum_makes_no_zip(tmp_path):
    with pytest.raises(FileError, match="its checksum is right, but `save` writes no such file: File is not a zip file"):
        load(sealed(tmp_path / "a.npz", b"Hello" * 99 + TAG + b"0" * DIGITS))


@pytest.mark.parametrize("savez", [np.savez, np.savez_compressed])
def test_a_file_of_numpy_is_shown_to_numpy(savez, tmp_path):
    savez(tmp_path / "a.npz", w=np.ones(3))
    with pytest.raises(FileError, match=r"or `save` did not write it \(what numpy.savez wrote, numpy.load reads\)"):
        load(tmp_path / "a.npz")


def test_what_is_no_file_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nothing\.npz"):
        load(tmp_path / "nothing.npz")
    for path in (tmp_path, Path(os.devnull)):
        with pytest.raises(FileError, match="it is a folder or a device, and no file"):
            load(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="has no pipes with names")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.npz")
    with pytest.raises(FileError, match="no file"):
        load(tmp_path / "a.npz")


# -- what is hostile is refused, though its checksum is right --------------------------------------------------------


def test_what_is_written_by_hand_as_save_would_is_loaded(tmp_path):
    """Or the tests below would show nothing."""
    data = np.arange(2.0).tobytes()
    path = archive(tmp_path / "a.npz", [("w.npy", npy(header(), data)), ("v.npy", npy(header(), data, version=2))])
    assert {name: array.tolist() for name, array in load(path).items()} == {"w": [0.0, 1.0], "v": [0.0, 1.0]}


HEADERS = {
    "of 10**15 elements": header(shape=f"({10**15},)"),
    "of too few elements": header(shape="(1,)"),
    "of too many elements": header(shape="(3,)"),
    "of 2**32 times 2**32 elements": header(shape=f"({2**32}, {2**32})"),
    "of two elements if counted in 64 bits": header(shape=f"(6, {pow(3, -1, 2**63)})"),
    "with negative sizes": header(shape="(-1, -2)"),
    "with sizes that are no integers": header(shape="(2.0,)"),
    "with a text for a size": header(shape="('',)"),
    "of more dimensions than there can be": header(shape="(2," + "1," * 99 + ")"),
    "of nothing, but too much of it": header(shape=f"(0, {10**30})"),
    "of objects": header("'|O'"),
    "of objects inside": header("[('a', 'i4'), ('b', '|O'), ('c', 'i4')]", "(1,)"),
    "of an unknown dtype": header("'<f7'"),
    "of a program": header("__import__('os').mkdir('pwned')"),
    "too deep": "-" * 9000 + "1",
    "with too many brackets": "(" * 9000,
    "with too long a sum": "1" + "+1" * 4500,
    "that is too long": header() + " " * 10_000,
    "that is no dictionary": "[]",
    "that lacks the shape": "{'descr': '<f8', 'fortran_order': False}",
    "that is empty": "",
    "that is no text": "\0" * 99,
}


@pytest.mark.parametrize("which", HEADERS)
@pytest.mark.parametrize("version", [1, 2, 3])
def test_an_array_with_a_wrong_header_is_refused_before_memory_is_taken(which, version, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = archive(tmp_path / "a.npz", [("w.npy", npy(HEADERS[which], bytes(16), version))])
    assert memory(lambda: refused(path, r"a\.npz cannot be loaded: its checksum is right, but `save` writes no such file: ")) < 4e6
    assert [file.name for file in tmp_path.iterdir()] == ["a.npz"]


@pytest.mark.parametrize("member", [b"", b"\x93NUM", npy(header())[:30], npy(header(), bytes(16), version=9),
                                    npy(header(), bytes(15)), npy(header(), bytes(16), 2, length=2**32 - 1),
                                    npy(header(), bytes(16))[1:],
                                    npy(header(), bytes(16)).replace(b"NUMPY", b"NUMPX")])
def test_a_member_that_is_no_npy_file_is_refused(member, tmp_path):
    with pytest.raises(FileError, match="`save` writes no such file"):
        load(archive(tmp_path / "a.npz", [("w.npy", member)]))


def test_a_pickle_inside_is_refused_and_not_run(tmp_path):
    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "trap"),)

    content = io.BytesIO()
    np.save(content, np.array([Trap(), Trap()]), allow_pickle=True)
    path = archive(tmp_path / "a.npz", [("w.npy", content.getvalue())])
    with pytest.raises(FileError, match="holds objects, which only pickle could read"):
        load(path)
    assert not (tmp_path / "trap").exists()
    with np.load(path, allow_pickle=True) as file, pytest.raises(FileExistsError):  # the second time: so it is a trap
        file["w"]
    assert (tmp_path / "trap").exists()


@pytest.mark.parametrize("compression", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_bomb_is_refused_before_memory_is_taken(compression, tmp_path):
    path = archive(tmp_path / "a.npz", [("w.npy", npy(header(shape="(4000000,)"), bytes(32_000_000)))], compression)
    assert path.stat().st_size < 100_000
    assert memory(lambda: refused(path, r"'w\.npy' is compressed")) < 4e6


def test_a_name_that_is_there_twice_is_refused(tmp_path):
    with pytest.warns(UserWarning, match="Duplicate name"):
        path = archive(tmp_path / "a.npz", [("w.npy", npy(header(), bytes(16)))] * 2)
    with pytest.raises(FileError, match=r"'w\.npy' is there twice"):
        load(path)


def test_a_member_that_is_no_array_is_refused(tmp_path):
    with pytest.raises(FileError, match=r"'readme\.txt' is there twice, or is no \.npy"):
        load(archive(tmp_path / "a.npz", [("w.npy", npy(header(), bytes(16))), ("readme.txt", b"hello")]))


def test_a_comment_of_more_than_the_checksum_is_refused(tmp_path):
    with pytest.raises(FileError, match="its comment is more than the checksum"):
        load(archive(tmp_path / "a.npz", [("w.npy", npy(header(), bytes(16)))], comment=b"PK" + TAG + b"0" * DIGITS))


LOCAL, ENTRY, END = b"PK\3\4", b"PK\1\2", b"PK\5\6"  # how the parts of a zip begin


def changed(signature, which, offset, new):
    """A change of the bytes at an offset in one of the parts of a zip."""
    def change(content):
        place = -1
        for _ in range(which + 1):
            place = content.index(signature, place + 1)
        place += offset
        return content[:place] + new + content[place + len(new):]
    return change


def with_a_gap(content):
    """A byte between the first array and the second, and all offsets right."""
    cut = content.index(LOCAL, 1)
    content = content[:cut] + b"!" + content[cut:]
    for signature, which, offset in ((ENTRY, 1, 42), (END, 0, 16)):
        place = content.index(signature) if not which else content.index(signature, content.index(signature) + 1)
        old = int.from_bytes(content[place + offset:place + offset + 4], "little")
        content = changed(signature, which, offset, (old + 1).to_bytes(4, "little"))(content)
    return content


HOSTILE = {
    "two arrays that lie over each other": changed(ENTRY, 1, 42, bytes(4)),
    "an array at a place far outside": changed(ENTRY, 1, 42, b"\xff\xff\xff\x7f"),
    "an array that is longer than the file": changed(ENTRY, 0, 20, b"\xff\xff\xff\x7f" * 2),
    "an array that reaches into the next": changed(ENTRY, 0, 20, (300).to_bytes(4, "little") * 2),
    "an array that is said to be compressed": changed(ENTRY, 0, 20, b"\1"),
    "an array that claims to shrink": changed(ENTRY, 0, 24, (3_000_000_000).to_bytes(4, "little")),
    "something between the arrays": with_a_gap,
    "an array that is encrypted": changed(ENTRY, 0, 8, b"\1"),
    "a directory that names an array otherwise": changed(ENTRY, 0, 46, b"x"),
    "a name that lies outside": changed(LOCAL, 0, 26, b"\xff\xff"),
    "a long way to the array": changed(LOCAL, 1, 28, b"\xff\xff"),
    "a directory that is too long": changed(END, 0, 12, b"\xff\xff\xff\x7f"),
    "a directory that is elsewhere": changed(END, 0, 16, b"\xff\xff\xff\x7f"),
    "a directory that ends too early": changed(END, 0, 12, b"\x10\0\0\0"),
    "a zip of the future": changed(ENTRY, 0, 6, b"\xff"),
    "a name that is no UTF-8": lambda content: changed(ENTRY, 0, 46, b"\xff")(changed(ENTRY, 0, 9, b"\x08")(content)),
}


@pytest.mark.parametrize("which", HOSTILE)
def test_a_zip_that_contradicts_itself_is_refused(which, tmp_path):
    path = archive(tmp_path / "a.npz", [(f"{name}.npy", npy(header(), bytes(16))) for name in "wv"])
    content = path.read_bytes()
    assert HOSTILE[which](content) != content
    sealed(path, HOSTILE[which](content))
    assert memory(lambda: refused(path, "`save` writes no such file")) < 4e6


def test_any_bytes_changed_under_a_right_checksum_give_arrays_or_the_typed_error(tmp_path):
    path, chance = saved(tmp_path, w=np.array([1.5, -0.0]), b=np.int8(3)), random.Random(0)
    content = path.read_bytes()
    for _ in range(3000):
        bad = bytearray(content)
        for _ in range(chance.randint(1, 4)):
            bad[chance.randrange(len(bad))] = chance.choice([0, 1, 0x7F, 0xFF, chance.randrange(256)])
        sealed(path, bytes(bad))
        try:
            found = load(path)
        except FileError:
            continue
        assert sum(array.nbytes for array in found.values()) == 17


# -- what save refuses -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("x", [
    None, {}, object(), np.array([None]), np.array([1, "a"], object), 2**70, [[1.0], [1.0, 2.0]], np.zeros(2, [("a", "O")]),
    np.zeros(2, {"names": ["a", "b"], "formats": ["i4", "i2"], "offsets": [0, 2]}),
    np.zeros(1, [(f"a field with a long name, number {i}", "f8") for i in range(300)]),
    np.ma.masked_array([1.0, 2.0], [True, False]),
], ids=lambda x: type(x).__name__)
def test_what_would_not_come_back_is_refused_by_name_and_nothing_is_written(x, tmp_path):
    with pytest.raises(TypeError, match=r"^'layer 1/w' (is a \w+ that cannot be saved|has a mask)"):
        saved(tmp_path, good=1.0, **{"layer 1/w": x})
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not hasattr(np, "dtypes") or not hasattr(np.dtypes, "StringDType"), reason="NumPy without long strings")
def test_strings_of_any_length_are_refused(tmp_path):
    with pytest.raises(TypeError, match="'w' is a ndarray that cannot be saved: it holds objects"):
        saved(tmp_path, w=np.array(["a", "bcd"], np.dtypes.StringDType()))


def test_a_type_with_as_many_fields_as_save_takes_comes_back(tmp_path):
    fields, last = [], 0
    for count in range(300):
        fields.append((f"f{count:0>20}", "f8"))
        try:
            path, last = saved(tmp_path, w=np.zeros((1,) * 40, fields)), count
        except TypeError:
            break
    assert load(path)["w"].dtype.names[-1] == f"f{last:0>20}"
    with np.load(path) as file:
        assert file["w"].shape == (1,) * 40


@pytest.mark.parametrize(("name", "error", "words"), [
    ("", ValueError, "cannot name an array"),
    ("a\0b", ValueError, "cannot name an array"),
    ("\ud800", ValueError, "cannot name an array"),
    ("δ" * 40_000, ValueError, "cannot name an array: a name has 1 to 65000 bytes"),
    (1, TypeError, "the name of an array is a text, and 1 is none: '1'"),
    (None, TypeError, "the name of an array is a text"),
    (("layer", 1), TypeError, "the name of an array is a text"),
    ("good.npy", ValueError, r"'good' and 'good\.npy' cannot be in one file"),
])
def test_a_name_that_is_none_is_refused_and_nothing_is_written(name, error, words, tmp_path):
    with pytest.raises(error, match=words):
        save(tmp_path / "a.npz", {"good": 1.0, name: 2.0})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("arrays", [[np.ones(2)], (1.0,), np.ones(2), Value(1.0), "w", None, 1.0])
def test_arrays_without_names_are_shown_the_right_call(arrays, tmp_path):
    with pytest.raises(TypeError, match=r'arrays are saved by name: save\("weights.npz", \{"w": w, "b": b\}\). This is a \w+'):
        save(tmp_path / "a.npz", arrays)


@pytest.mark.parametrize("name", ["a.npy", "a.pkl", "a"])
def test_a_suffix_that_would_mislead_is_refused(name, tmp_path):
    with pytest.raises(ValueError, match=r"arrays are saved as \.npz, and not as .*: a\.npz"):
        save(tmp_path / name, {"w": 1.0})
    assert save(str(tmp_path / "A.NPZ"), {"w": 1.0}) == tmp_path / "A.NPZ"


# -- the old file or the new one ---------------------------------------------------------------------------------

SAVE_AND_BE_KILLED = """
import os, random, signal, sys, time
import numpy as np
from tinygrad_edu.storage.arrays import load, save

path, chance = sys.argv[1], random.Random(1)
version = lambda n: {"n": n, "w": np.full(100_000, float(n)), "again": n}
save(path, version(0))
found, seen = 0, set()
for _ in range(60):
    child = os.fork()
    if not child:
        while True:
            found += 1
            save(path, version(found))
    time.sleep(chance.uniform(0.0, 0.03))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    arrays = load(path)
    found = arrays["n"].item()
    assert (arrays["w"] == found).all() and arrays["again"] == found and list(arrays) == ["n", "w", "again"]
    seen.add(found)
print(len(seen), len(os.listdir(os.path.dirname(path))) - 1)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="has no fork")
def test_a_kill_at_any_moment_leaves_the_old_file_or_the_new_one(tmp_path):
    done = subprocess.run([sys.executable, "-c", SAVE_AND_BE_KILLED, str(tmp_path / "a.npz")], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    versions, unfinished = map(int, done.stdout.split())
    assert versions > 10, "hardly anything was saved before the kills"
    assert unfinished > 10, "hardly any kill came while a file was being written"


def test_a_disk_that_is_full_leaves_the_old_file_and_nothing_else(tmp_path):
    resource = pytest.importorskip("resource")
    old = saved(tmp_path, w=1.0).read_bytes()
    new = save(tmp_path / "new.npz", {"w": np.arange(100.0), "v": 2}).read_bytes()
    os.unlink(tmp_path / "new.npz")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    for room in [0, 20, 50, 300, len(new) - 200, len(new) - 100, len(new) - 1]:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
        try:
            with pytest.raises(OSError, match="File too large"):
                saved(tmp_path, w=np.arange(100.0), v=2)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert [file.name for file in tmp_path.iterdir()] == ["a.npz"]
        assert (tmp_path / "a.npz").read_bytes() == old
    assert saved(tmp_path, w=np.arange(100.0), v=2).read_bytes() == new


@pytest.mark.parametrize("where", ["write", "_checksum"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()], ids=repr)
def test_saving_that_is_broken_off_leaves_the_old_file_and_nothing_else(where, error, tmp_path, monkeypatch):
    old = saved(tmp_path, w=1.0).read_bytes()
    real, calls = getattr(arrays_module, where), []

    def fails(file, *rest):
        calls.append(file)
        if where == "_checksum" or len(calls) == 2:
            raise error
        return real(file, *rest)

    monkeypatch.setattr(arrays_module, where, fails)
    with pytest.raises(type(error)):
        saved(tmp_path, w=2.0, v=3.0)
    assert [file.name for file in tmp_path.iterdir()] == ["a.npz"]
    assert (tmp_path / "a.npz").read_bytes() == old


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nothing can be written into the folder .*nowhere"):
        save(tmp_path / "nowhere" / "a.npz", {"w": 1.0})
