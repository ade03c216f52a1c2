"""Lines of the log: what an error says of itself, what another library may say, and how lines look."""

from __future__ import annotations

import json
import logging
import sys
import threading
import warnings
from typing import Any

import pytest
from django.db import Error, connection, transaction

from lianfang.config.logs import JsonLines, LineRecord, Text, chosen_format, fault, keep_values_out
from lianfang.config.requests import account_mark
from lianfang.foundation.models import Account
from tests.district import SETUP

CANARY = "13987654321"


def raised(error: BaseException, cause: BaseException | None = None) -> BaseException:
    try:
        raise error from cause
    except BaseException as caught:
        return caught


def line(
    form: logging.Formatter, name: str, text: str, *args: Any, error: BaseException | None = None, **extra: Any
) -> str:
    info = (type(error), error, error.__traceback__) if error is not None else None
    record = logging.getLogger(name).makeRecord(name, logging.ERROR, __file__, 7, text, args, info, "f", extra)
    return form.format(record)


@pytest.mark.parametrize(
    "error, code",
    [
        (ValueError(CANARY), None),
        (KeyError(CANARY), None),
        (OSError(28, "No space left", f"/data/{CANARY}"), "errno 28"),
        (NameError("name 'x' is not defined"), "name 'x' is not defined"),
        (ModuleNotFoundError(f"No module named {CANARY}"), "No module named …"),
    ],
)
def test_an_error_says_its_type_and_place(error: BaseException, code: str | None) -> None:
    (described,) = fault(raised(error))
    assert described["type"] == type(error).__name__
    assert described.get("code") == code
    assert described["frames"] == [f"test_logs.py:{raised.__code__.co_firstlineno + 2} raised"]


def test_causes_are_said_as_well() -> None:
    error = raised(RuntimeError(CANARY), raised(ValueError(CANARY)))
    assert [d["type"] for d in fault(error)] == ["RuntimeError", "ValueError"]
    assert CANARY not in json.dumps(list(fault(error)))


@pytest.mark.django_db
def test_the_database_names_its_constraint_and_no_value() -> None:
    """PostgreSQL adds "Key (username)=(...) already exists" to the message."""
    with pytest.raises(Error) as caught, transaction.atomic():
        for _ in range(2):
            Account.objects.create(username=CANARY, created_at=SETUP)
    said = json.dumps(list(fault(caught.value)))
    assert CANARY in str(caught.value.__cause__) or connection.vendor == "sqlite"
    assert CANARY not in said
    assert (
        "23505 foundation_account_username" if connection.vendor == "postgresql" else "SQLITE_CONSTRAINT_UNIQUE"
    ) in said


@pytest.mark.parametrize("form", [JsonLines(), Text()], ids=["json", "text"])
def test_other_libraries_are_placed_not_quoted(form: logging.Formatter) -> None:
    said = line(form, "django.request", "Not Found: %s", f"/people/{CANARY}", status_code=404, note=CANARY)
    assert CANARY not in said and "Not Found" not in said
    assert "test_logs.py:7" in said and "django.request" in said
    ours = line(form, "lianfang.x", "it took %s", 3, job="duties.sweep", note=CANARY, error=raised(ValueError(CANARY)))
    assert "it took 3" in ours and "duties.sweep" in ours and "ValueError" in ours
    assert CANARY not in ours
    assert CANARY not in line(form, "lianfang.x", "a phone %s", CANARY)


def test_a_line_of_json_and_of_text() -> None:
    record = LineRecord("lianfang.request", logging.INFO, {"event": "request", "status": 200, "account": None})
    record.created = 1_790_000_000.25
    assert json.loads(JsonLines().format(record)) == {
        "time": "2026-09-21T14:13:20.250Z",
        "level": "INFO",
        "logger": "lianfang.request",
        "event": "request",
        "status": 200,
        "account": None,
    }
    assert Text().format(record).endswith("INFO lianfang.request:   event=request  status=200")


@pytest.mark.parametrize(
    "environ, form",
    [({"LIANFANG_LOG_FORMAT": "json"}, "json"), ({"LIANFANG_LOG_FORMAT": "text"}, "text"), ({}, "json")],
)
def test_which_form(environ: dict[str, str], form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", open("/dev/null"))  # noqa: SIM115 - nobody looks on
    assert chosen_format(environ) == form


def test_an_account_has_a_mark_that_says_nothing() -> None:
    assert account_mark(7) == account_mark(7) != account_mark(8)
    assert len(account_mark(7)) == 12


def test_what_nobody_caught_goes_the_same_way(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A thread's, the program's and a finaliser's errors, and warnings: Python would print their values."""
    for module, name in ((threading, "excepthook"), (sys, "excepthook"), (sys, "unraisablehook")):
        monkeypatch.setattr(module, name, getattr(module, name))
    monkeypatch.setattr(logging, "raiseExceptions", True)
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.getLogger().addHandler(handler)
    try:
        keep_values_out()

        def fails() -> None:
            raise ValueError(CANARY)

        thread = threading.Thread(target=fails)
        thread.start()
        thread.join()
        sys.excepthook(ValueError, raised(ValueError(CANARY)), None)

        class Bad:
            def __del__(self) -> None:
                raise ValueError(CANARY)

        Bad()
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            logging.captureWarnings(True)
            warnings.warn(CANARY, RuntimeWarning, stacklevel=1)
        logging.getLogger("lianfang.x").error("%s %s", CANARY)  # a mistake of our own
    finally:
        logging.captureWarnings(False)
        logging.getLogger().removeHandler(handler)
    said = capsys.readouterr().err
    assert CANARY not in said
    kinds = [json.loads(one).get("logger") for one in said.splitlines() if one.startswith("{")]
    assert kinds.count("lianfang.uncaught") == 3 and "py.warnings" in kinds
