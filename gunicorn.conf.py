"""How the web server runs. Read by gunicorn on its own; everything that varies comes from the environment."""

import os
import shutil
from pathlib import Path

from gunicorn.arbiter import Arbiter
from gunicorn.workers.base import Worker

from backoffice import environment as env
from base import logs

ROOT = Path(__file__).resolve().parent
env.load_dotenv(ROOT / ".env")
METRICS = Path(env.text("VAR_DIR", str(ROOT / "var"))) / "metrics"
os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", str(METRICS))

bind = f"{env.text('BIND', '127.0.0.1')}:{env.number('PORT', 8000)}"
worker_class = "gthread"
workers = env.number("WEB_WORKERS", 1)
threads = env.number("WEB_THREADS", 8)
timeout = 60
graceful_timeout = 4
keepalive = 5
max_requests = 5000
max_requests_jitter = 500
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108 - heartbeats of workers, no data
control_socket_disable = True  # it would take commands from a file in the home folder
logconfig_dict = logs.config(env.text("LOG_LEVEL", "INFO"))


def on_starting(server: Arbiter) -> None:
    """Refuses a demonstration that others could reach, also when --bind said so; starts with empty counters."""
    from base.requests import is_loopback

    for address in server.cfg.address:
        if env.flag("DEMO") and isinstance(address, tuple) and not is_loopback(address[0]):
            raise SystemExit(f"DEMO=1 binds the loopback interface only, not {address[0]}. Unset DEMO, or BIND.")
    shutil.rmtree(METRICS, ignore_errors=True)
    METRICS.mkdir(mode=0o700, parents=True)


def child_exit(server: Arbiter, worker: Worker) -> None:
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)
