"""One thread for the linear algebra, before NumPy is loaded: on small matrices more threads only wait for each other."""

import os

for library in ("OPENBLAS", "MKL", "OMP"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")
