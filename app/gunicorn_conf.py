"""How gunicorn serves the application: a worker per core, threads that mostly wait, BLAS on one thread."""

import os

from app.blas import one_thread

one_thread()

from app.settings import Settings  # noqa: E402

_settings = Settings.from_environment()
bind = f"{_settings.host}:{_settings.port}"
workers = _settings.workers
threads = _settings.threads
timeout = 60
graceful_timeout = 20
control_socket_disable = True
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None
