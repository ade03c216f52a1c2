"""What is written to stderr: JSON lines for a collector, or text for a person, and in neither a value that somebody typed.

A log is read by people who may not see a pupil's name. Therefore (ADR 0014):
- an exception is its type, its place in the code and a database's own error code, never its message: that quotes values;
- a line of another library is its logger, level and place: its text quotes addresses, forms and SQL;
- of the extra fields only those in FIELDS are written; a route is its pattern, an account a keyed digest.
"""

from __future__ import annotations

import logging
import re
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from pythonjsonlogger.orjson import OrjsonFormatter

FIELDS = (
    *("event", "method", "route", "status", "ms", "request_id", "account", "unit"),
    *("job", "reader", "why", "number", "seconds"),
)
OWN = ("lianfang", "_granian")
# A phone, an ID number: none of our lines needs one. Digits inside an id of hexadecimal signs are none.
LONG_NUMBER = re.compile(r"(?<![0-9A-Za-z])[0-9][0-9 -]{8,}[0-9Xx](?![0-9A-Za-z])")
# Messages that can only hold names of the code.
NAMES_OF_CODE = (NameError, ImportError, SyntaxError)
CONSTRAINT = re.compile(r"(?:UNIQUE|NOT NULL|CHECK|FOREIGN KEY) constraint failed(?:: [A-Za-z0-9_., ]+)?")
MOST_CAUSES, MOST_FRAMES = 4, 40


def fault(error: BaseException) -> Iterator[dict[str, Any]]:
    """An exception and its causes, the last first: type, code, frames ("lianfang/daily/api.py:41 report")."""
    seen = 0
    current: BaseException | None = error
    while current is not None and seen < MOST_CAUSES:
        kind = type(current)
        described: dict[str, Any] = {"type": f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")}
        if code := _code(current):
            described["code"] = code
        described["frames"] = frames(current.__traceback__)
        yield described
        seen += 1
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)


def frames(trace: TracebackType | None) -> list[str]:
    """Places in the code, outermost first; no line of it and no variable."""
    found = [f"{_short(f.f_code.co_filename)}:{line} {f.f_code.co_name}" for f, line in traceback.walk_tb(trace)]
    return found[-MOST_FRAMES:]


def _short(path: str) -> str:
    for mark in ("/site-packages/", "/src/", "/lib/"):
        _, found, rest = path.rpartition(mark)
        if found:
            return rest
    return path.rpartition("/")[2]


def _code(error: BaseException) -> str:
    """What may be said of an error beyond its type."""
    if state := getattr(error, "sqlstate", None):  # psycopg
        constraint = getattr(getattr(error, "diag", None), "constraint_name", None)
        return f"{state} {constraint}" if constraint else str(state)
    if name := getattr(error, "sqlite_errorname", None):
        found = CONSTRAINT.fullmatch(str(error))
        return f"{name} {found[0]}" if found else str(name)
    if isinstance(error, OSError) and error.errno is not None:
        return f"errno {error.errno}"
    if isinstance(error, NAMES_OF_CODE):
        return LONG_NUMBER.sub("…", str(error))[:200]
    return ""


def said(record: logging.LogRecord) -> str:
    """The text of a line: ours as it is, of another library none."""
    if record.name.partition(".")[0] not in OWN:
        return ""
    return LONG_NUMBER.sub("…", record.getMessage())


def fields(record: logging.LogRecord) -> dict[str, Any]:
    """The extra fields that may be written."""
    if isinstance(record, LineRecord):
        return record.line
    there = record.__dict__
    found = {name: there[name] for name in FIELDS if name in there}
    request = there.get("request")
    if request is not None and "request_id" not in found:
        found["request_id"] = str(getattr(request, "request_id", ""))
        match = getattr(request, "resolver_match", None)
        found["route"] = f"/{match.route}" if match is not None else ""
    return found


class OnlyNews(logging.Filter):
    """Leaves out what Django says of an answer and our own line says better: only its errors' places are kept."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.name != "django.request" or bool(record.exc_info)


class LineRecord(logging.LogRecord):
    """A record that is only its fields, made in a tenth of the time of an ordinary one: there is one for every request."""

    def __init__(self, name: str, level: int, line: dict[str, Any]) -> None:
        self.name, self.levelno, self.levelname = name, level, logging.getLevelName(level)
        self.msg, self.args, self.line = "", (), line
        self.exc_info = self.exc_text = self.stack_info = None
        self.pathname = self.filename = self.module = self.funcName = self.threadName = self.processName = ""
        self.lineno = self.thread = self.process = 0
        self.created = time.time()
        self.msecs = self.relativeCreated = 0.0


_second: tuple[int, str] = (0, "")


def stamp(at: float) -> str:
    """Seconds since 1970 as ISO 8601 in UTC, to the millisecond."""
    global _second
    whole = int(at)
    known, text = _second
    if whole != known:
        text = datetime.fromtimestamp(whole, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        _second = (whole, text)
    return f"{text}.{int((at - whole) * 1000):03d}Z"


class JsonLines(OrjsonFormatter):
    """One JSON object a line: time (UTC), level, logger, and what the line is about."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {"time": stamp(record.created), "level": record.levelname, "logger": record.name}
        if isinstance(record, LineRecord):
            return self.serialize_log_record(line | record.line)
        text = said(record)
        if text:
            line["message"] = text
        elif record.name.partition(".")[0] not in OWN:
            line["at"] = f"{_short(record.pathname)}:{record.lineno}"
        line |= fields(record)
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = list(fault(record.exc_info[1]))
        return self.serialize_log_record(line)


class Text(logging.Formatter):
    """One line for a person, and the places of an error below it."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S")
        text = said(record)
        if not text and record.name.partition(".")[0] not in OWN:
            text = f"{_short(record.pathname)}:{record.lineno}"
        more = "".join(f"  {name}={value}" for name, value in fields(record).items() if value not in (None, ""))
        lines = [f"{at} {record.levelname} {record.name}: {text}{more}".rstrip()]
        if record.exc_info and record.exc_info[1] is not None:
            for described in fault(record.exc_info[1]):
                lines.append(f"    {described['type']} {described.get('code', '')}".rstrip())
                lines += [f"      {frame}" for frame in described["frames"]]
        return "\n".join(lines)


def chosen_format(environ: Mapping[str, str]) -> str:
    """`json` or `text`: LIANFANG_LOG_FORMAT, else text where a person looks on. Raises ValueError for any other word."""
    found = environ.get("LIANFANG_LOG_FORMAT", "")
    if found not in ("", "json", "text"):
        raise ValueError(f"LIANFANG_LOG_FORMAT must be json or text, not {found!r}")
    return found or ("text" if sys.stderr is not None and sys.stderr.isatty() else "json")


def configuration(environ: Mapping[str, str]) -> dict[str, Any]:
    """Django's LOGGING. In text, requests are shown that failed or took long; in JSON each is a line."""
    form = chosen_format(environ)
    formatter = "lianfang.config.logs.JsonLines" if form == "json" else "lianfang.config.logs.Text"
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": formatter}},
        "filters": {"news": {"()": "lianfang.config.logs.OnlyNews"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["news"]}},
        "root": {"handlers": ["stderr"], "level": environ.get("LIANFANG_LOG_LEVEL", "WARNING")},
        "loggers": {
            "lianfang": {"level": "INFO"},
            "lianfang.request": {"level": "INFO" if form == "json" else "WARNING"},
            # Without the handlers that Django gives them: one mails errors with their values.
            "django": {"handlers": [], "propagate": True},
            "django.server": {"handlers": [], "propagate": True},
            # What was answered with less than 500 stands in the line of its request.
            "django.request": {"level": "ERROR"},
            "django.security": {"level": "ERROR"},
            "_granian": {"handlers": [], "propagate": True},
        },
    }


def keep_values_out() -> None:
    """Errors that nobody caught, and warnings, go the same way (web process and worker; a command tells its caller)."""
    log = logging.getLogger("lianfang.uncaught")

    def thread(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None and args.exc_type is not SystemExit:
            log.error("in a thread", exc_info=args.exc_value)

    def program(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if not issubclass(kind, KeyboardInterrupt):
            log.critical("the process ends", exc_info=error)

    def clearing_up(args: Any) -> None:
        log.error("while clearing up", exc_info=args.exc_value)

    threading.excepthook = thread
    sys.excepthook = program
    sys.unraisablehook = clearing_up
    logging.captureWarnings(True)
    logging.raiseExceptions = False  # a line that cannot be written would be printed with its arguments
