"""Nothing that somebody typed decides whom the server calls: there are no webhooks, and no field takes an address."""

import ast
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models

from tests.api.published import document

SOURCE = Path(__file__).resolve().parent.parent.parent / "src" / "lianfang"
CLIENTS = {
    "socket",
    "smtplib",
    "http",
    "urllib",
    "requests",
    "httpx",
    "aiohttp",
    "ftplib",
    "telnetlib",
    "xmlrpc",
    "urllib3",
}
# Taking addresses apart calls nobody.
HARMLESS = {"urllib.parse", "http.cookies"}
# Module → whom it calls. All of them are named by the operator on the command line or are this machine.
CALLING = {
    "comms/mail.py": "the operator's mail server",
    "foundation/nudge.py": "the worker, by a socket in the data folder",
    "config/tls/addresses.py": "nobody: it asks the system for the addresses of this machine",
}
OWN_TOOLS = ("config/commands/", "config/processes.py")
SUSPECT = ("url", "uri", "webhook", "callback", "endpoint", "hook")


def imported(path):
    """Names of modules that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def test_who_calls_out_is_listed():
    found = {}
    for path in SOURCE.rglob("*.py"):
        calls = {name for name in imported(path) if name.split(".")[0] in CLIENTS and name not in HARMLESS}
        if calls:
            found[str(path.relative_to(SOURCE))] = calls
    others = {name: calls for name, calls in found.items() if name not in CALLING and not name.startswith(OWN_TOOLS)}
    assert not others
    assert set(CALLING) <= set(found)


def test_no_column_holds_an_address_to_call():
    for model in apps.get_models():
        if model.__module__.startswith("lianfang."):
            for field in model._meta.local_concrete_fields:
                assert not isinstance(field, models.URLField), field
                assert not any(mark in field.name.split("_") for mark in SUSPECT), field


def _names(shape):
    yield from shape.get("properties", {}).items()


def test_no_field_of_the_api_takes_an_address_to_call():
    shapes = document()["components"]["schemas"]
    given = [(name, *field) for name, shape in shapes.items() if name.endswith("In") for field in _names(shape)]
    assert len(given) > 100
    for shape, name, field in given:
        assert field.get("format") not in ("uri", "url"), (shape, name)
        assert not any(mark in name.split("_") for mark in SUSPECT), (shape, name)


@pytest.mark.parametrize(
    "text, found", [("import requests", {"requests"}), ("from urllib.parse import quote", {"urllib.parse"})]
)
def test_what_a_file_imports(tmp_path, text, found):
    path = tmp_path / "one.py"
    path.write_text(text)
    assert set(imported(path)) == found
