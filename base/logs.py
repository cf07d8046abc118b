"""Logs that can be shown to anybody: JSON lines that hold no personal data, address or token.

What is written is decided by a list, not by a filter: a key passes when it is declared here and its value looks as
declared. A library's own message passes only as words that stand in its source, never what was filled in, since
messages carry values ("Key (email)=(...) already exists"); a few that workers live by are declared with the shape of
each value, and "?" stands for one that looks otherwise. An exception becomes its type and the places it went through,
never its text.
"""

import linecache
import logging
import re
import sys
from collections.abc import MutableMapping
from pathlib import Path
from types import TracebackType
from typing import Any

import structlog

EVENT = r"[a-z][a-z0-9_.]{0,79}"
NAME = r"[A-Za-z_][\w.-]{0,119}"
WORD = r"[a-z][a-z_.]{0,59}"
UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
ACTOR = rf"(person|client):{UUID}|job:[a-z_.]{{1,60}}"
ROUTE = r"\S{0,300}"  # a pattern of our own urls.py, not an address that somebody asked for

DECLARED: dict[str, re.Pattern[str]] = {
    key: re.compile(pattern)
    for key, pattern in {
        "level": "[a-z]+",
        "timestamp": r"[\d:.TZ-]+",
        "logger": NAME,
        "request_id": UUID,
        "actor_id": ACTOR,
        "method": "[A-Z]{1,10}",
        "route": ROUTE,
        "code": rf"\d{{3}}|{WORD}",  # of an answer (a number) or of a refusal (a name)
        "error": NAME,  # the name of an exception's class
        "task": WORD,
        "task_id": UUID,
        "child_task_name": WORD,
        "child_task_id": UUID,
        "queue": WORD,
        "routing_key": WORD,
        "job": WORD,
        "part": WORD,
        "stream": WORD,
        "record": rf"[a-z_.]+:({UUID}|\d+)",
        "duration_ms": r"\d+",
        "count": r"\d+",
    }.items()
}

# What processes say of themselves: logger, message, and the shape of each value. None: never shown.
PID, SECONDS, WHEN = r"\d{1,10}", r"[\d.]{1,12}", r"in [\d.]{1,12} (seconds?|minutes?|hours?)"
FILLED: dict[tuple[str, str], tuple[str | None, ...]] = {
    ("celery.apps.worker", "%s ready."): (rf"(documents|faces|outbox|default|pulse)@{NAME}",),
    ("celery.worker.consumer.connection", "Connected to %s"): (r"filesystem://(:\*\*@)?localhost/{0,2}",),
    ("celery.worker.consumer.consumer", "consumer: Cannot connect to %s: %s.\n%s\n"): (
        None,
        None,
        rf"Trying to reconnect\.\.\.|Trying again {WHEN}\.\.\. \(\d+/\d+\)|Will retry using next failover\.",
    ),
    ("celery.worker.consumer.consumer", "%s (%r)"): (
        r"consumer: Connection to broker lost\. Trying to re-establish the connection\.\.\.",
        None,
    ),
    ("celery.worker.request", "Soft time limit (%ss) exceeded for %s[%s]"): (SECONDS, WORD, UUID),
    ("celery.worker.request", "Hard time limit (%ss) exceeded for %s[%s]"): (SECONDS, WORD, UUID),
    ("celery.worker.request", "Task %s[%s] succeeded before the worker was lost: %r"): (WORD, UUID, None),
    ("celery.worker.request", "Task handler raised error: %r"): (None,),
    ("celery.beat", "beat: Connection error: %s. Trying again in %s seconds..."): (None, SECONDS),
    ("celery.beat", "beat: Cannot calculate the next run of %r, trying again in %s."): ("[a-z-]{1,40}", WHEN),
    ("celery.beat", "Message Error: %s\n%s"): (None, None),
    ("gunicorn.error", "Starting gunicorn %s"): (r"[\d.]{1,20}",),
    ("gunicorn.error", "Listening at: %s (%s)"): (r"http://[\w.:\[\]-]{1,80}", PID),
    ("gunicorn.error", "Using worker: %s"): ("[a-z]{1,20}",),
    ("gunicorn.error", "Booting worker with pid: %s"): (PID,),
    ("gunicorn.error", "Worker exiting (pid: %s)"): (PID,),
    ("gunicorn.error", "WORKER TIMEOUT (pid:%s)"): (PID,),
    ("gunicorn.error", "Worker (pid:%s) exited with code %s."): (PID, r"-?\d{1,3}"),
    ("gunicorn.error", "Worker (pid:%s) was sent %s!"): (PID, r"SIG[A-Z\d]{1,10}"),
    ("gunicorn.error", "Worker (pid:%s) was sent %s! Perhaps out of memory?"): (PID, "SIGKILL"),
    ("gunicorn.error", "Handling signal: %s"): (r"[a-z\d]{1,10}",),
    ("gunicorn.error", "Shutting down: %s"): ("Master",),
    ("multiprocessing", "Process %r pid:%r exited with %r"): (
        r"ForkPoolWorker-\d+",
        PID,
        r"exitcode -?\d+|signal \d+ \([A-Z\d]+\)",
    ),
}
OUTGROWN = re.compile(r"child process exiting after exceeding memory limit \(\d+KiB / \d+KiB\)\s*")  # comes filled in

Event = MutableMapping[str, Any]


def config(level: str) -> dict[str, Any]:
    """LOGGING: everything to standard output through the one gate; also sets up structlog to go that way."""
    before: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*before, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": before,
        "use_get_message": False,  # what a library filled in is not put together, save for what FILLED declares
        "pass_foreign_args": True,
        "processors": [only_declared, structlog.processors.JSONRenderer()],
    }
    logging.raiseExceptions = False  # else a line that cannot be written is printed with its values
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": formatter},
        "handlers": {"out": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "json"}},
        "root": {"handlers": ["out"], "level": level},
        "loggers": {
            # Each says in other words what request_finished and request_failed say already.
            "django.request": {"level": "CRITICAL"},
            "django.server": {"level": "CRITICAL"},
            "celery.app.trace": {"level": "CRITICAL"},
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.beat": {"level": "WARNING"},  # a line for every send fills a terminal
            "django": {"handlers": [], "level": level, "propagate": True},
            "gunicorn.error": {"level": level, "propagate": True},
            "gunicorn.access": {"level": "CRITICAL"},
            # Of the processes below a worker, which would print to the terminal, past the gate.
            "multiprocessing": {"handlers": ["out"], "level": "WARNING", "propagate": False},
        },
    }


def only_declared(logger: Any, method: str, event: Event) -> Event:
    """The gate. Tells how many values did not pass, so that their absence is seen."""
    record: logging.LogRecord = event.pop("_record")
    own = event.pop("_from_structlog")
    values = event.pop("positional_args", None)
    said = str(event.pop("event", ""))
    if own:
        kept: dict[str, Any] = {"event": said if re.fullmatch(EVENT, said) else "unnamed"}
    else:
        kept = {"event": words_of(record, values)}
    raised = event.pop("exc_info", None) or record.exc_info
    kept |= {key: value for key, value in event.items() if _passes(key, value)}
    if dropped := sum(1 for key, value in event.items() if value is not None and key not in kept):
        kept["dropped"] = dropped
    if raised:
        kept["exception"] = places(raised)
    record.exc_info = record.exc_text = None
    return kept


def words_of(record: logging.LogRecord, values: Any) -> str:
    """The template of a message when it is declared or stands as it is in the source that logged it; else where that
    is."""
    template = record.msg if isinstance(record.msg, str) else ""
    if shapes := FILLED.get((record.name, template)):
        return _filled(template, values, shapes)
    if record.name == "multiprocessing" and OUTGROWN.fullmatch(template):
        return template.strip()
    lines = range(record.lineno, record.lineno + 4)
    source = "".join(linecache.getline(record.pathname, number) for number in lines)
    if len(template) >= 8 and (f'"{template}"' in source or f"'{template}'" in source):
        return template
    return f"{record.name}.{record.funcName}"


def _filled(template: str, values: Any, shapes: tuple[str | None, ...]) -> str:
    if not isinstance(values, tuple) or len(values) != len(shapes):
        return template
    shown = [
        str(value) if shape is not None and re.fullmatch(shape, str(value)) else "?"
        for value, shape in zip(values, shapes, strict=True)
    ]
    return (template.replace("%r", "%s") % tuple(shown)).strip()


def places(raised: Any) -> list[str]:
    """Type and places of an exception and of those that caused it, without a word of their texts."""
    if raised is True:
        raised = sys.exc_info()
    error = raised[1] if isinstance(raised, tuple) else raised
    found: list[str] = []
    while error is not None and len(found) < 60:
        found.append(f"{type(error).__module__}.{type(error).__qualname__}")
        found += _frames(error.__traceback__)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return found


def _frames(trace: TracebackType | None) -> list[str]:
    found = []
    while trace is not None:
        code = trace.tb_frame.f_code
        found.append(f"  {'/'.join(Path(code.co_filename).parts[-2:])}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return found[-20:]


def _passes(key: str, value: Any) -> bool:
    pattern = DECLARED.get(key)
    return pattern is not None and value is not None and pattern.fullmatch(str(value)) is not None
