"""The fixture `check_gradient` for pytest, there as soon as the package is installed:

    def test_my_gradient(check_gradient):
        check_gradient(f, my_gradient, at=w)        # fails with the report, unless the claim passes

It stands beside the package and not in it, because pytest imports it each time it starts, and the package comes with NumPy. Only
when a test asks for it is that imported.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture
def check_gradient() -> Callable[..., Any]:
    """check_gradient(f, gradient, at), which fails the test if the verdict is not "pass"; gives the report back."""
    from tinygrad_edu.checking.gradient_check import check_gradient as checked

    def check(f: Any, gradient: Any, at: Any, **how: Any) -> Any:
        __tracebackhide__ = True
        report = checked(f, gradient, at, **how)
        if not report.passed:
            pytest.fail(str(report), pytrace=False)
        return report

    return check
