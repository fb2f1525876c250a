"""How gunicorn serves the application: a worker per core, a few threads each, BLAS on one thread."""

import multiprocessing
import os

from app.blas import one_thread

one_thread()

bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8050')}"
workers = int(os.environ.get("WORKERS", multiprocessing.cpu_count()))
threads = 4
timeout = 60
control_socket_disable = True
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None
