"""One thread for the linear algebra of each process: processes fill the cores, more threads would only fight over them."""

import os


def one_thread() -> None:
    """To be called before NumPy is loaded."""
    for library in ("OPENBLAS", "MKL", "OMP"):
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")
