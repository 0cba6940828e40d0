"""How gunicorn serves the site: `gunicorn -c python:styleart_site.webserver`."""

import gc
from pathlib import Path

from gunicorn.http.unreader import SocketUnreader
from gunicorn.workers.base import Worker

from . import environment, logs

env = environment.read()  # gunicorn looks here before there are any settings

wsgi_app = "styleart_site.wsgi"
bind = f"127.0.0.1:{env.str('PORT', '') or 8000}"
worker_class = "gthread"
workers = int(env.str("WEB_WORKERS", "") or 2)
threads = 6
timeout = 60  # seconds
graceful_timeout = int(env.str("DRAIN_S", "") or 20)  # seconds for what is under way when told to stop
control_socket_disable = True  # it lies in the home folder, where two copies would meet
# The sign of life of each worker: on a slow disk it would come late.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
loglevel = "warning"
logconfig_dict = logs.config()  # Django itself writes a line for each request

# What is received at once. Django takes 64 KiB at a time, and gunicorn copies all that is left each time: with its
# own 1 MiB that is most of what receiving a large picture computes (benchmarks/receiving.py).
SocketUnreader.max_body_chunk = 64 * 1024


def post_worker_init(worker: Worker) -> None:
    """What the site consists of stays: the collector need not go through it again and again."""
    gc.collect()
    gc.freeze()
