"""What the logs say, and what they never say.

One line for each thing that happened, with the id of the request it belongs to: for people, or as JSON for
programs (LOG_FORMAT). No line tells an address of a person or a network, a title, a file name or a query.
Django, gunicorn and Celery are set up with the same `config`.
"""

import ipaddress
import re
import sys
from collections.abc import MutableMapping
from typing import Any
from uuid import uuid4

import structlog
from environs import Env, EnvError

Event = MutableMapping[str, Any]

REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
MAIL_ADDRESS = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
_IPV4 = r"\d{1,3}(?:\.\d{1,3}){3}"
NETWORK_ADDRESS = re.compile(
    rf"(?<![\w.:])(?:[0-9a-fA-F]{{0,4}}:){{2,7}}(?:{_IPV4}|[0-9a-fA-F]{{0,4}})(?![\w:])|(?<![\w.]){_IPV4}(?!\w|\.\d)"
)
# PostgreSQL quotes rows and statements; a row may go over several lines, blank ones among them.
QUOTED_ROW = re.compile(
    r"^(?:DETAIL|LINE \d+): .*?(?=^\s*(?:The above exception|During handling)|\Z)", re.M | re.S
)
STANDARD = {"event", "level", "logger", "timestamp", "exception"}


def config() -> dict[str, Any]:
    """Settings for `logging.config.dictConfig`; also sets up structlog for this process.

    LOG_FORMAT is `json` or `lines`; where it is not set, a terminal gets lines and all else JSON.
    """
    shared = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,  # tests and workers set logging up anew
    )
    is_json = _format() == "json"
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": shared,
        "processors": [
            without_request_path,
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            without_personal_data,
            structlog.processors.JSONRenderer(ensure_ascii=False) if is_json else line_for_people,
        ],
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"ours": formatter},
        "handlers": {
            "console": {"class": "logging.StreamHandler", "formatter": "ours"},
            "silence": {"class": "logging.NullHandler"},
        },
        "root": {"handlers": ["console"], "level": "INFO"},
        "loggers": {
            "django.request": {"level": "ERROR"},  # what was refused is in the line of its request
            # Whatever host somebody asked for; the line of the request says 400.
            "django.security.DisallowedHost": {"handlers": ["silence"], "propagate": False},
            "django.server": {"handlers": [], "propagate": True},
            "gunicorn.error": {"level": "WARNING", "handlers": [], "propagate": True},
            "PIL": {"level": "WARNING"},
            "celery.worker.strategy": {
                "level": "WARNING"
            },  # else the sweep writes two lines every five seconds
            "celery.app.trace": {"level": "WARNING"},
            "celery.beat": {"level": "WARNING"},
        },
    }


def _format() -> str:
    chosen = Env().str("LOG_FORMAT", "")
    if chosen not in {"", "json", "lines"}:
        raise EnvError(f"LOG_FORMAT is {chosen!r}; it can be json or lines")
    return chosen or ("lines" if sys.stderr.isatty() else "json")


# The request that a line belongs to


def request_id_from(header: str | None) -> str:
    """The id that a proxy in front gave the request, if it is well-formed; else a new one."""
    return header if header and REQUEST_ID.fullmatch(header) else uuid4().hex


def current_request_id() -> str:
    """The id of the request or task that is under way; empty outside of any."""
    return structlog.contextvars.get_contextvars().get("request_id", "")


# What must not be told


def without_request_path(logger: Any, name: str, event: Event) -> Event:
    """Django's lines about a request name its address, which may hold a secret link: give the route instead."""
    request = getattr(event.get("_record"), "request", None)
    if request is not None and hasattr(request, "resolver_match"):
        event["event"] = str(event["event"]).replace(request.path, route_of(request))
    return event


def route_of(request: Any) -> str:
    """The pattern that the address fits, such as `/predictions/<uuid:pk>/`; never the address itself."""
    return f"/{request.resolver_match.route}" if request.resolver_match else "(no such page)"


def without_personal_data(logger: Any, name: str, event: Event) -> Event:
    """The last net under every line, tracebacks included: addresses of people and networks, quoted rows."""
    return {key: _harmless(value) for key, value in event.items()}


def _harmless(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    value = QUOTED_ROW.sub("(what PostgreSQL quoted is left out)\n\n", value) if "\n" in value else value
    return NETWORK_ADDRESS.sub(_network, MAIL_ADDRESS.sub("(address)", value))


def _network(match: re.Match) -> str:
    try:
        address = ipaddress.ip_address(match[0])
    except ValueError:  # a time of day, or a version
        return match[0]
    return match[0] if address.is_loopback or address.is_unspecified else "(network)"


def line_for_people(logger: Any, name: str, event: Event) -> str:
    """`2026-11-29 17:20:31 INFO classifier.tasks: classified prediction=… ms=23`, and a traceback below it."""
    moment = str(event.get("timestamp", ""))[:19].replace("T", " ")
    facts = "".join(f" {key}={value}" for key, value in event.items() if key not in STANDARD)
    line = f"{moment} {event.get('level', '').upper()} {event.get('logger', '')}: {event.get('event')}{facts}"
    return f"{line}\n{event['exception']}" if event.get("exception") else line
