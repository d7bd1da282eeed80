"""How fast it is: `python -m benchmarks` races us against hand-written NumPy and against our peers, on one thread each."""

import os

# Read by NumPy's and torch's libraries when they are imported, which is why it stands here: this file is imported first.
ONE_THREAD = dict.fromkeys(["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"], "1")
os.environ.update(ONE_THREAD)
