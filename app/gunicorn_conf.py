"""How gunicorn serves the application: a worker per core, a few threads each, BLAS on one thread."""

import multiprocessing
import os

for library in ("OPENBLAS", "MKL", "OMP"):
    # Workers fill the cores; more BLAS threads would only fight over them.
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8050')}"
workers = int(os.environ.get("WORKERS", multiprocessing.cpu_count()))
threads = 4
timeout = 60
control_socket_disable = True
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None
