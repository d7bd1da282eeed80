"""The examples run, and print what a newcomer is told they print."""

import runpy
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"
EXPECTED = {
    "first_contact.py": "step 0: w 0.4000  E 0.007200  dE/dw 0.0960",
    "xor.py": "outputs [0. 1. 1. 0.]",
    "by_hand_or_by_machine.py": "largest difference: ",
}


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.name)
def test_an_example_runs_and_prints(path, capsys):
    runpy.run_path(str(path), run_name="__main__")
    printed = capsys.readouterr().out.replace("-0.", "0.")
    assert EXPECTED[path.name] in printed
    if path.name == "by_hand_or_by_machine.py":
        assert float(printed.split(":")[1]) < 1e-14
