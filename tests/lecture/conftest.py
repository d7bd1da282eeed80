"""What the lecture's tests share: a section's results, computed once for each seed, and its words.

The workers of `pytest -n` share the results through files, so that each section runs once.
"""

import os
from functools import cache

import pytest

from tinygrad_edu.drawing import canvas
from tinygrad_edu.lecture.run import one_thread


def _computed(section, seed):
    with one_thread():
        return section.compute(seed, True)


def _shared(section, seed, folder):
    """The results from another worker's file, or computed here and left in a file."""
    cloudpickle = pytest.importorskip("cloudpickle")  # gymnasium brings it; results hold lambdas
    file = folder / f"{section.name}-{seed}.pickle"
    if file.exists():
        return cloudpickle.loads(file.read_bytes())
    results = _computed(section, seed)
    part = file.with_suffix(f".{os.getpid()}")
    part.write_bytes(cloudpickle.dumps(results))
    part.replace(file)
    return results


@pytest.fixture(scope="session")
def results_of(tmp_path_factory):
    """results_of(section, seed=0): what a section computes with --fast. Copy it to change it."""
    workers = "PYTEST_XDIST_WORKER" in os.environ
    folder = tmp_path_factory.getbasetemp().parent  # one for all workers, and for this run only

    @cache
    def results(section, seed=0):
        return _shared(section, seed, folder) if workers else _computed(section, seed)

    return results


@pytest.fixture(scope="session")
def pictures_of(results_of):
    """pictures_of(section, seed=0): its pictures by name."""

    @cache
    def pictures(section, seed=0):
        with canvas.style():
            return section.figures(results_of(section, seed))

    return pictures


@pytest.fixture(scope="session")
def words_of(results_of, pictures_of):
    """words_of(section, seed=0): all that a section says, its captions and descriptions too."""

    @cache
    def words(section, seed=0):
        results, pictures = results_of(section, seed), pictures_of(section, seed).values()
        said = [*section.words(results), section.steps(results)[1]]
        return "\n".join([*said, *(p.caption for p in pictures), *(p.alt for p in pictures)])

    return words
