"""The fixture `check_gradient`: there without an import, and red with the whole report."""

import subprocess
import sys

import numpy as np

TESTS = """
import numpy as np

def test_right(check_gradient):
    assert check_gradient(lambda w: np.sum(w**2), lambda w: 2 * w, np.ones(2)).passed

def test_wrong(check_gradient):
    check_gradient(lambda w: np.sum(w**2), lambda w: w, np.ones(2))
"""


def test_the_fixture_is_there(check_gradient):
    assert check_gradient(lambda w: np.sum(np.sin(w)), np.cos, np.linspace(0, 1, 3)).passed


def test_a_wrong_gradient_is_a_failed_test_with_the_report(tmp_path):
    (tmp_path / "test_mine.py").write_text(TESTS)
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)], cwd=tmp_path,
                          capture_output=True, text=True)
    assert "1 failed, 1 passed" in done.stdout
    assert "entry [0]: the claim is 1, and differences say 2 ± " in done.stdout
    assert "The claim is 0.5 times the right one, in every entry." in done.stdout


def test_without_a_test_that_asks_for_it_nothing_is_imported():
    code = "import sys, tinygrad_edu_pytest; print('numpy' in sys.modules, 'tinygrad_edu' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.split() == ["False", "False"]
