"""How gunicorn serves the application: a worker per core, threads that mostly wait, BLAS on one thread."""

import os
import socket
import struct
from typing import Any

from app.blas import one_thread

one_thread()

from app.settings import Settings  # noqa: E402

_settings = Settings.from_environment()
bind = f"{_settings.host}:{_settings.port}"
workers = _settings.workers
threads = _settings.threads
timeout = 60
keepalive = 30  # a page that pauses for a moment finds its connection again
graceful_timeout = 20
control_socket_disable = True
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None
limit_request_line = 8190  # the state before and the state now, each with one to compare with
_SECONDS_OF_SILENCE = 10


def when_ready(server: Any) -> None:
    """Who connects and says nothing takes no thread, and who stops in the middle gives it back.

    Connections inherit both from the socket that is listened at.
    """
    for listener in server.LISTENERS:
        if listener.sock.family in (socket.AF_INET, socket.AF_INET6):
            listener.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, _SECONDS_OF_SILENCE)
            listener.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", _SECONDS_OF_SILENCE, 0))
            listener.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", _SECONDS_OF_SILENCE, 0))
