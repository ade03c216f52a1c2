"""What every test run gets: a database, a data folder of its own, no way to the outside network.

`LIANFANG_TEST_DB=sqlite` (default) or `postgres` chooses the database of the whole run; `lianfang test` makes both
runs. On PostgreSQL those tests are run that store, apart from two kinds that run on SQLite only: browser tests, and
tests marked `one_database("why")`, which render pages or check texts whose every query another test runs on both. A
test marked `one_database` must say why; everything about constraints, locks, transactions and actions runs on both. One
test that runs on both asks less on PostgreSQL, as it says where it stands: the access matrix (`tests/access/asking.py`).
The server comes from `TEST_DATABASE_URL` or from `dev.postgres`. The
environment is set before Django reads its settings.
"""

import atexit
import gc
import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import pytest

from dev import network
from dev.postgres import EmbeddedPostgres, quick_place
from dev.room import with_room

ROOT = Path(__file__).resolve().parent.parent
STORING_FIXTURES = {"db", "transactional_db", "live_server", "fresh_database"}

_home: Path | None = None
_server: EmbeddedPostgres | None = None


def kind() -> str:
    """`sqlite` or `postgres`: the database of this run."""
    chosen = os.environ.get("LIANFANG_TEST_DB", "sqlite")
    if chosen not in ("sqlite", "postgres"):
        raise pytest.UsageError(f"LIANFANG_TEST_DB must be sqlite or postgres, not {chosen!r}")
    return chosen


def _prepare_environment() -> None:
    """Make the run's folder and server, once, in the process that the person started; workers inherit both."""
    global _home, _server
    if "LIANFANG_TEST_HOME" in os.environ:
        # Every process of the run has files of its own, as it has a database of its own.
        data = Path(os.environ["LIANFANG_TEST_HOME"]) / os.environ.get("PYTEST_XDIST_WORKER", "data")
        os.environ["LIANFANG_DATA_DIR"] = str(data)
        (data / "static").mkdir(parents=True, exist_ok=True)
        return
    _home = Path(tempfile.mkdtemp(prefix="lianfang-test-", dir=quick_place()))
    os.environ["LIANFANG_TEST_HOME"] = str(_home)
    os.environ["LIANFANG_DATA_DIR"] = str(_home / "data")
    os.environ["LIANFANG_SECRET_DIR"] = str(_home / "keys")
    os.environ["LIANFANG_GROUP_COMMIT"] = "0"
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # a browser's event loop runs in the thread of the tests after it
    os.environ["LIANFANG_BACKUP_DIR"] = "off"  # servers under test make none unless a test is about them
    os.environ.pop("LIANFANG_DATABASE_URL", None)
    for name in [n for n in os.environ if n.lower() in ("http_proxy", "https_proxy", "all_proxy")]:
        del os.environ[name]
    (_home / "data" / "static").mkdir(parents=True)  # empty: nothing was collected, and nobody warns that it is missing
    atexit.register(_clear_up)  # also when pytest ends before it was configured
    if kind() == "postgres":
        if not os.environ.get("TEST_DATABASE_URL"):
            _server = EmbeddedPostgres()
            os.environ["TEST_DATABASE_URL"] = _server.start()
        os.environ["LIANFANG_DATABASE_URL"] = os.environ["TEST_DATABASE_URL"]


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests() -> Generator[None, Any, Any]:
    """Runs before pytest-django loads the settings."""
    source = str(ROOT / "src")
    if source not in sys.path:
        sys.path.insert(0, source)
    _prepare_environment()
    return (yield)


def pytest_configure(config: pytest.Config) -> None:
    """Settle what differs from production, each for the reason given."""
    config.addinivalue_line(
        "markers", "one_database(why): renders or checks texts; `why` says what runs the same queries on PostgreSQL"
    )
    config.addinivalue_line("markers", "storing: stores by a process of its own, so it runs on both databases")
    network.block_outside()
    import hypothesis
    from django.conf import settings

    # Other work on the machine must not fail a property.
    hypothesis.settings.register_profile("lianfang", deadline=None)
    hypothesis.settings.load_profile("lianfang")

    if not settings.configured:
        return
    # Test pages are rendered without a collected, hashed copy of the static files.
    storages: Any = settings.STORAGES
    storages["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    # Slow on purpose in production; accounts made by the tests need no protection.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]
    database: Any = settings.DATABASES["default"]
    if kind() == "sqlite":
        # A file in WAL like production; Django's default would be a database in memory.
        database.setdefault("TEST", {})["NAME"] = str(Path(os.environ["LIANFANG_TEST_HOME"]) / "test.sqlite3")
    else:
        database.setdefault("TEST", {})["NAME"] = f"test_{secrets.token_hex(4)}"
        database["CONN_MAX_AGE"] = 0


def pytest_unconfigure() -> None:
    """Stop the server and remove the folder, in the process that made them."""
    _clear_up()


def _clear_up() -> None:
    global _home, _server
    if _server is not None:
        _server.stop()
        _server = None
    if _home is not None:
        shutil.rmtree(_home, ignore_errors=True)
        os.environ.pop("LIANFANG_TEST_HOME", None)
        _home = None


def stores(item: pytest.Item) -> bool:
    """Whether a test touches a database, by its markers, fixtures or base class."""
    from django.test import TransactionTestCase

    if item.get_closest_marker("django_db") or item.get_closest_marker("storing"):
        return True
    if STORING_FIXTURES & set(getattr(item, "fixturenames", ())):
        return True
    owner = getattr(item, "cls", None)
    return owner is not None and issubclass(owner, TransactionTestCase)


def runs_on_postgres(item: pytest.Item) -> bool:
    """Whether a test has a part in the PostgreSQL run. Raises UsageError for a `one_database` that gives no reason."""
    alone = item.get_closest_marker("one_database")
    if alone is not None and not (alone.args and str(alone.args[0]).strip()):
        raise pytest.UsageError(f"{item.nodeid}: one_database needs its reason")
    return stores(item) and alone is None and not item.get_closest_marker("e2e")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL, keep the tests that have a part there. In several processes, begin with the slow ones."""
    taking_part = {item for item in items if runs_on_postgres(item)}
    if kind() == "postgres":
        dropped = [item for item in items if item not in taking_part]
        if dropped:
            config.hook.pytest_deselected(items=dropped)
            items[:] = [item for item in items if item in taking_part]
    if hasattr(config, "workerinput"):
        items[:] = slow_first(items, [bool(item.get_closest_marker("slow")) for item in items], workers())


def pytest_collection_finish() -> None:
    """What was read stays to the end: the collector of cycles need not look at it again and again (a twentieth of the
    time of the run), nor after every few hundred new objects."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)


def workers() -> int:
    """How many processes share the run."""
    return int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))


T = TypeVar("T")


def slow_first(items: list[T], slow: list[bool], shares: int) -> list[T]:
    """The slow ones, in turn, at the head of each of the equal shares that the list is cut into; else the order stays.

    A process begins with a share and in the end takes over what another one has left: it should not be a slow test."""
    first = [item for item, is_slow in zip(items, slow, strict=True) if is_slow]
    others = iter([item for item, is_slow in zip(items, slow, strict=True) if not is_slow])
    cuts = [len(items) * n // shares for n in range(shares + 1)]
    ordered: list[T] = []
    for share in range(shares):
        heads = first[share::shares]
        ordered += heads
        ordered += islice(others, max(0, cuts[share + 1] - cuts[share] - len(heads)))
    return [*ordered, *others]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    """pytest's own, with room for the frames of what it calls: a quarter of the time of tests that render pages."""
    runner: Any = item.config.pluginmanager.get_plugin("runner")
    return bool(with_room(runner.pytest_runtest_protocol)(item=item, nextitem=nextitem))


def pytest_report_header() -> str:
    """Name the database at the head of the run."""
    return f"database: {'PostgreSQL' if kind() == 'postgres' else 'SQLite (file, WAL)'}"


@pytest.fixture(scope="session")
def database_kind() -> str:
    """`sqlite` or `postgres`."""
    return kind()


@pytest.fixture
def fresh_database(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Makes databases for processes that a test starts: each call returns a new LIANFANG_DATABASE_URL.

    They are empty; with `tables=True` copies of the run's migrated pattern, where there is one already.
    """
    from dev.migrated import following, run_folder

    made: list[str] = []

    def make(*, tables: bool = False) -> str:
        name = f"fresh_{secrets.token_hex(6)}"
        with following(run_folder()) as known:
            pattern = known if tables else ""
            if kind() == "sqlite":
                file = tmp_path / f"{name}.sqlite3"
                if pattern:
                    shutil.copyfile(pattern, file)
                return f"sqlite://{file}"
            import psycopg

            server = os.environ["TEST_DATABASE_URL"]
            with psycopg.connect(server, autocommit=True) as connection:
                connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{pattern or "template1"}"')
        made.append(name)
        return urlunsplit(urlsplit(server)._replace(path=f"/{name}"))

    yield make
    if made:
        import psycopg

        with psycopg.connect(os.environ["TEST_DATABASE_URL"], autocommit=True) as connection:
            for name in made:
                connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
