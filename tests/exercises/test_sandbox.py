"""Whatever a student's file does, an answer comes back in time, and it is one sentence."""

import os
import time

import numpy as np
import pytest

from tinygrad_edu.exercises.bank import EXERCISES
from tinygrad_edu.exercises.check import check
from tinygrad_edu.exercises.sandbox import call

DELTA = EXERCISES["delta"]
FORGED = """
import os
for descriptor in range(3, 20):
    try:
        os.write(descriptor, b'{"answers": [{"shape": [], "array": [0.75]}]}')
    except OSError:
        pass
os._exit(0)
"""


def outcome(tmp_path, source, seconds=2):
    path = tmp_path / "mine.py"
    path.write_bytes(source if isinstance(source, bytes) else source.encode())
    return call(path, "delta", [(1.0, 0.25), (np.ones((2, 2)), np.zeros((2, 2)))], seconds=seconds)


def test_numbers_and_arrays_go_there_and_back(tmp_path):
    found = outcome(tmp_path, "def delta(y, target):\n    return y - target\n")
    assert found.answers[0] == 0.75
    np.testing.assert_array_equal(found.answers[1], np.ones((2, 2)))


@pytest.mark.parametrize(("source", "says"), [
    ("", "the file is empty"), (b"\xff\xfe\x00\x01", "the file is not saved in UTF-8"), (b"x = 1 # \x00", "the file is no text"),
    ("# " + "x" * 200_000, "the file has more than 100,000 bytes"),
    ("def delta(y, target)\n", "this is not Python: expected ':' in line 1"),
    ("x = 1\n", "there is no function delta in the file"), ("delta = 3\n", "there is no function delta in the file"),
    ("1 / 0\n", "before delta could be called, the file raised ZeroDivisionError in line 1: division by zero"),
    ("import nowhere\n", "ModuleNotFoundError in line 1: No module named 'nowhere' (a file is run alone, with NumPy at hand)"),
    ("from tinygrad_edu import check_gradient\n", "an exercise may not use tinygrad_edu, leave it out"),
    ("class E(Exception):\n    def __str__(self):\n        raise self\n\n\nraise E\n", "the file raised E in line 6"),
    ("input()\n", "it asks for input, and nobody is there to type"),
    ("import sys\nsys.exit(0)\n", "the file raised SystemExit"),
    ("import os\nos._exit(0)\n", "it ended itself before it gave an answer"),
    ("while True: pass\n", "it took longer than 2 seconds"), ("x = [0] * 10**9\n", "MemoryError"),
    ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n", "it was ended"),
    (FORGED, "what it gave back is no answer"), ("import os\nos.closerange(0, 20)\nos._exit(0)\n", "it ended itself"),
    ("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n", "it crashed (SIGSEGV)"),
    ("import signal\nsignal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass\n", "it took longer than 2 seconds"),
])
def test_a_file_that_does_not_do_what_it_should_is_an_error_in_words(tmp_path, source, says):
    start = time.perf_counter()
    found = outcome(tmp_path, source)
    assert says in found.error
    assert found.answers == []
    assert time.perf_counter() - start < 20


@pytest.mark.parametrize(("body", "says"), [
    ("return undefined", "it raised NameError in line 2"), ("return 'text'", "it gave text (str), and not ordinary numbers"),
    ("print(y)", "it gave nothing (None): is there a return, on every way through, and not only a print?"),
    ("return [1, [2]]", "it gave a list of things of different shapes"),
    ("import numpy as np; return np.zeros(20_000)", "it gave 20000 numbers"), ("raise SystemExit", "it raised SystemExit"),
    ("return 1j", "it gave complex numbers, and not"), ("return 10**400", "it gave an integer that is too large"),
    ("import numpy as np; return np.ones((2, 3)) @ np.ones((2, 3))", "two sizes do not fit (2 is not 3): is a .T missing"),
])
def test_a_call_that_gives_no_numbers_is_said_for_its_case(tmp_path, body, says):
    assert says in outcome(tmp_path, f"def delta(y, target):\n    {body}\n").answers[0]


def test_what_is_printed_is_kept_apart_from_the_answer(tmp_path, capfd):
    source = "print('{\"answers\": 1}')\ndef delta(y, target):\n    print('noise')\n    return y - target\n"
    assert outcome(tmp_path, source).answers[0] == 0.75
    assert capfd.readouterr() == ("", "")


def test_a_file_may_say_how_its_letters_are_written(tmp_path):
    source = "# encoding: latin-1\n# Grüße\ndef delta(y, target):\n    return y - target\n".encode("latin-1")
    assert outcome(tmp_path, source).answers[0] == 0.75


def test_a_class_of_data_is_a_python_program_too(tmp_path):
    source = ("from __future__ import annotations\nfrom dataclasses import dataclass\n@dataclass\nclass Unit:\n    y: float\n"
              "def delta(y, target):\n    return Unit(y).y - target\n")
    assert outcome(tmp_path, source).answers[0] == 0.75


def test_what_it_wants_to_do_at_its_end_is_not_waited_for(tmp_path):
    source = "import atexit, time\natexit.register(time.sleep, 60)\ndef delta(y, target):\n    return y - target\n"
    start = time.perf_counter()
    assert outcome(tmp_path, source).answers[0] == 0.75
    assert time.perf_counter() - start < 5


def test_a_large_file_that_it_writes_is_cut_off_and_its_folder_is_gone_afterwards(tmp_path):
    source = "def delta(y, target):\n    open('large', 'wb').write(b'x' * 10**8)\n    return 1.0\n"
    found = outcome(tmp_path, source)
    assert found.error or "it raised" in found.answers[0]


@pytest.mark.parametrize("how", ["", ", start_new_session=True", ", start_new_session=True, env={}"])
def test_children_that_it_starts_do_not_live_on(tmp_path, how):
    marker = tmp_path / "alive"
    late = f"import time; time.sleep(3); open({str(marker)!r}, 'w')"
    start = f"import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', {late!r}]{how})\n"
    found = outcome(tmp_path, start + "def delta(y, target):\n    return y - target\n")
    assert found.answers[:1] == [0.75] or "BlockingIOError" in found.error  # which is what everybody but the superuser gets
    time.sleep(4)
    assert not marker.exists()


@pytest.mark.skipif("os.name == 'nt'", reason="signals are those of Unix")
def test_a_file_that_ends_its_guard_ends_with_it(tmp_path):
    start = time.perf_counter()
    found = outcome(tmp_path, "import os, signal, time\nos.kill(os.getppid(), signal.SIGKILL)\ntime.sleep(60)\n")
    assert found.error == "it was ended, perhaps because it took too much memory"
    assert time.perf_counter() - start < 5


def test_the_environment_is_clean_and_the_folder_its_own(tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", "hunter2")
    source = "import os\ndef delta(y, target):\n    return float('SECRET_TOKEN' in os.environ) + len(os.listdir('.'))\n"
    assert outcome(tmp_path, source).answers[0] == 1.0  # the copy of the file alone


def test_what_it_does_to_numpy_or_to_our_package_it_does_to_itself(tmp_path):
    source = "import numpy as np\nnp.allclose = lambda *a, **k: True\ndef delta(y, target):\n    return 7.0\n"
    path = tmp_path / "mine.py"
    path.write_text(source)
    assert not check(DELTA, path).passed
    assert np.allclose(1.0, 2.0) is False


def test_the_expected_answers_are_not_in_the_child(tmp_path):
    source = "import sys\ndef delta(y, target):\n    return float(any('tinygrad_edu.' in name for name in sys.modules))\n"
    assert outcome(tmp_path, source).answers[0] == 0.0
    assert "ModuleNotFoundError" in outcome(tmp_path, "from tinygrad_edu.exercises.bank import EXERCISES").error


def test_a_file_that_is_not_there_is_said_to_be_missing(tmp_path):
    assert "cannot be read" in call(tmp_path / "none.py", "delta", []).error
    assert os.listdir(tmp_path) == []
