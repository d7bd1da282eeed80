"""The page of the operations says what the records say."""

import importlib.util
from pathlib import Path

from tinygrad_edu.autodiff.primitive import OPERATIONS
from tinygrad_edu.checking.mistakes import MISTAKES

DOCS = Path(__file__).parents[1] / "docs"


def writer():
    spec = importlib.util.spec_from_file_location("docs_operations", DOCS / "operations.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_of_the_operations_is_what_the_records_give():
    assert (DOCS / "operations.md").read_text(encoding="utf-8") == writer().page(), "run: python docs/operations.py"


def test_every_record_has_an_entry_with_its_formula_and_its_rules():
    page = writer().page()
    for op in OPERATIONS.values():
        entry = page.split(f"### `{op.name}`\n")[1].split("\n### ")[0]
        assert f"$${op.formula}$$" in entry
        assert entry.count("* ") >= 2 or not op.numpy
        assert all(f"np.{'linalg.' if 'linalg' in f.__module__ else ''}{f.__name__}" in entry for f in op.numpy)


def test_the_page_of_the_mistakes_has_every_mistake_as_it_is_said():
    page = (DOCS / "mistakes.md").read_text(encoding="utf-8")
    for mistake in MISTAKES:
        assert f"| {mistake.name} | {mistake.sentence} | {mistake.slide} |" in page, "run: python -m docs.mistakes"
    assert page.count("\n| ") == len(MISTAKES) + 1
