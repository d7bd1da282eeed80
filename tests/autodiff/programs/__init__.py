"""Random programs, run here, in HIPS autograd and in torch; one that disagrees is made small.

    python -m tests.autodiff.programs 123                        # program 123 as lines of Python
    python -m tests.autodiff.programs 123 --compare --keep       # if it disagrees, shrink it and keep it in failing_programs.json
    python -m tests.autodiff.programs --from 5000 --count 10000  # compare many; each that disagrees is shrunk and printed

(from the root of the repository, with the environment of the README). A program is data: inputs, steps, and a sum at the end.
`make(seed)` makes one with NumPy's Generator alone, whatever operations we have, so a seed is one program for as long as the
table of operations has the same lines. A program that has failed is therefore kept as data.
"""

from . import table  # noqa: F401 - it fills TABLE
from .comparing import TOLERANCES, disagreements, errors, torch
from .making import evaluated, make
from .program import KEPT, Program, Step, as_data, from_data, keep, kept
from .reporting import as_python, report
from .rows import LEFT_OUT, TABLE
from .shrinking import folded, shrunk

__all__ = [
    "KEPT", "LEFT_OUT", "TABLE", "TOLERANCES", "Program", "Step", "as_data", "as_python", "disagreements", "errors", "evaluated",
    "folded", "from_data", "keep", "kept", "make", "report", "shrunk", "torch",
]
