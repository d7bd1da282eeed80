"""The examples run, and print what a newcomer is told they print."""

import runpy
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"
EXPECTED = {
    "first_contact.py": "step 0: w 0.4000  E 0.007200  dE/dw 0.0960",
    "xor.py": "outputs [0. 1. 1. 0.]",
    "by_hand_or_by_machine.py": "largest difference: ",
    "fit_xor.py": "why it stopped: minimum: |∇E| ≈ 0",
    "fit_your_csv.py": "typical mistake on 15 rows it has not seen: 0.",
    "early_stopping.py": "patience 10000: best after 1",
    "three_learning_rates.py": "the largest stable learning rate is 2/λmax = 0.0745",
    "vae.py": "the digit at (1, 0.5):", "gan.py": "% of the points are within three standard deviations of one",
    "pole_balancing.py": "after 300 episodes: ", "cliff_walking.py": "13 steps: 36 24 25",
    "make_a_movie.py": "% of the points are on the right side; the movie is spirals.gif",
}
MAKES = {"early_stopping.py": "early_stopping.png", "make_a_movie.py": "spirals.gif"}


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.name)
def test_an_example_runs_and_prints(path, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", [str(path)])
    runpy.run_path(str(path), run_name="__main__")
    printed = capsys.readouterr().out.replace("-0.", "0.")
    assert EXPECTED[path.name] in printed
    assert [made.name for made in tmp_path.iterdir()] == [name for name in [MAKES.get(path.name)] if name]
    if path.name == "by_hand_or_by_machine.py":
        assert float(printed.split(":")[1]) < 1e-14


def test_the_five_programs_that_a_newcomer_copies_from_are_15_to_40_lines_long():
    for name in ("fit_xor", "fit_your_csv", "early_stopping", "three_learning_rates", "make_a_movie"):
        assert 15 <= len((EXAMPLES / f"{name}.py").read_text().splitlines()) <= 40


def test_the_csv_example_takes_a_csv_of_the_readers_own(capsys, tmp_path, monkeypatch):
    (tmp_path / "own.csv").write_text("a,b\n" + "".join(f"{i},{2 * i}\n" for i in range(40)))
    monkeypatch.setattr("sys.argv", ["fit_your_csv.py", str(tmp_path / "own.csv")])
    runpy.run_path(str(EXAMPLES / "fit_your_csv.py"), run_name="__main__")
    assert "typical mistake on 10 rows" in capsys.readouterr().out
