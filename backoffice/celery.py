"""Workers and the static schedule of beat.

Rows are the queue: a message is only a wake-up, and the sweeps below find whatever a lost one would have told. The
schedule stands in code, so that no one administrator can switch the sealer off.
"""

import os
import signal
import warnings
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")
# One thread for each process: a worker's pictures do not take the cores from its neighbours.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

from billiard.util import get_logger as pool_logger  # noqa: E402 - the threads above count only when set first
from celery import Celery, signals  # noqa: E402
from celery.platforms import SecurityWarning  # noqa: E402
from celery.schedules import crontab  # noqa: E402
from django.conf import settings  # noqa: E402
from django_structlog.celery.steps import DjangoStructLogInitStep  # noqa: E402

# Messages are JSON, so what Celery warns of (pickled code run as root) cannot happen; docs/operations.md says whom to
# run as all the same.
warnings.filterwarnings("ignore", category=SecurityWarning)

QUEUES = ("documents", "faces", "outbox", "default", "pulse")

app = Celery("backoffice", task_cls="base.tasks:Job")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["worker"].add(DjangoStructLogInitStep)

app.conf.beat_schedule = {
    "access-review": {"task": "controls.tasks.review_access", "schedule": 3600.0},
    "backup": {"task": "controls.tasks.back_up", "schedule": 900.0},
    "forget-cookies": {"task": "controls.tasks.forget_cookies", "schedule": 24 * 3600.0},
    "heartbeat": {"task": "backoffice.tasks.heartbeat", "schedule": 20.0},
    "forget-calls": {"task": "controls.tasks.forget_calls", "schedule": 600.0},
    "lost-files": {"task": "kyc.tasks.remove_lost_files", "schedule": crontab(hour=3, minute=20)},
    "kyc-look-again": {"task": "kyc.tasks.look_again", "schedule": 30.0},
    "kyc": {"task": "kyc.tasks.sweep", "schedule": 10.0},
    "privacy": {"task": "privacy.tasks.sweep", "schedule": 3600.0},
    "jobs": {"task": "work.tasks.sweep", "schedule": 5.0},
    "outbox": {"task": "outbox.tasks.sweep", "schedule": 2.0},
    "watch": {"task": "work.tasks.watch", "schedule": 60.0},
    "kyc-service-level": {"task": "kyc.tasks.watch_the_desk", "schedule": 60.0},
    "relations": {"task": "controls.tasks.find_relations", "schedule": 30.0},
    "seal": {"task": "controls.seal", "schedule": 5.0},
    "tidy": {"task": "controls.tidy", "schedule": 600.0},
}


@signals.setup_logging.connect  # type: ignore[untyped-decorator]
def logs_are_set_up_by_django(**options: Any) -> None:
    """Celery leaves logging alone when somebody answers this."""


@signals.worker_process_init.connect  # type: ignore[untyped-decorator]
def finish_what_is_under_way(**options: Any) -> None:
    """Ctrl-C ends whole process groups. The worker is told, and takes no more; its child finishes what it has."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    pool_logger()  # billiard says nothing before it was asked: a child that outgrew its memory went without a word


def broker_folders() -> None:
    """The file-system broker and beat expect their folders to be there."""
    if settings.CELERY_BROKER_URL.startswith("filesystem:"):
        for folder in settings.BROKER_FOLDERS:
            Path(folder).mkdir(mode=0o700, parents=True, exist_ok=True)
