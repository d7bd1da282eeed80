"""A package, so that the laws are imported in the same way by pytest and by `python -m tests.autodiff.mutants`."""

import pytest

pytest.register_assert_rewrite("tests.autodiff.laws")  # a law that fails says what it compared
