"""The database's tables brought to this version, each migration whole or not at all, and newer ones refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.apps import apps
from django.core.management.sql import emit_post_migrate_signal, emit_pre_migrate_signal
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import ModelState

from lianfang.kernel.labels import Label

Node = tuple[str, str]


class WholeExecutor(MigrationExecutor):
    """Records a migration in the transaction that makes it.

    Django writes the record after that transaction whenever indexes or foreign keys come last (`deferred_sql`): killed
    between the two, the next run would make the same tables again and fail.
    """

    def apply_migration(self, state: Any, migration: Any, fake: bool = False, fake_initial: bool = False) -> Any:
        if fake or fake_initial or not migration.atomic:
            return super().apply_migration(state, migration, fake, fake_initial)
        if self.progress_callback:
            self.progress_callback("apply_start", migration, fake)
        with self.connection.schema_editor(atomic=True) as editor:
            state = migration.apply(state, editor)
            for statement in editor.deferred_sql:
                editor.execute(statement)
            editor.deferred_sql.clear()
            self.record_migration(migration)  # type: ignore[call-arg] # the stubs have an older signature
        if self.progress_callback:
            self.progress_callback("apply_success", migration, fake)
        return state


def migrate(told: Callable[[str], None] = lambda name: None) -> None:
    """Bring the connected database to this version's tables; `told` hears the name of each migration before it is made.

    Running it twice, or after being killed, does no harm.
    """

    def progress(action: str, migration: Any = None, fake: bool = False) -> None:
        if action == "apply_start":
            told(f"{migration.app_label}.{migration.name}")

    executor = WholeExecutor(connection, progress)  # type: ignore[arg-type]
    executor.loader.check_consistent_history(connection)
    targets = executor.loader.graph.leaf_nodes()
    plan = executor.migration_plan(targets)
    if not plan:  # what listens to the end may have been missed when the last run was killed
        emit_post_migrate_signal(0, False, connection.alias, apps=apps, plan=plan)
        return
    before = executor._create_project_state(with_applied_migrations=True)  # type: ignore[attr-defined]
    emit_pre_migrate_signal(0, False, connection.alias, apps=before.apps, plan=plan)
    after = executor.migrate(targets, plan=plan, state=before.clone())
    after.clear_delayed_apps_cache()
    # As in Django's own command: what listens sees the models of this version.
    with after.apps.bulk_update():
        keys = [(model.app_label, model.name_lower) for model in after.apps.real_models]
        for key in keys:
            after.apps.unregister_model(*key)
    after.apps.render_multiple([ModelState.from_model(apps.get_model(*key)) for key in keys])
    emit_post_migrate_signal(0, False, connection.alias, apps=after.apps, plan=plan)


def recorded() -> set[Node]:
    """What was made in the connected database; nothing in an empty one."""
    return set(MigrationRecorder(connection).applied_migrations())


def pending() -> list[str]:
    """What this version would still make, in order."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _backwards in plan]


def unknown(nodes: Iterable[Node]) -> list[str]:
    """Those that this program has never heard of: they were made by a newer one."""
    disk = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    known = set(disk) | {node for migration in disk.values() for node in migration.replaces}
    return sorted(f"{app}.{name}" for app, name in nodes if (app, name) not in known)


def newer() -> Label | None:
    """Why this program must not touch the connected database: a newer one has been at work. None when it may."""
    found = unknown(recorded())
    if not found:
        return None
    return Label(
        f"数据库由更新的版本使用过（{found[0]} 等 {len(found)} 项），本版本不能打开，数据没有改动。请使用更新的版本。",
        f"The database was used by a newer version ({found[0]}, {len(found)} in all); this version cannot open it."
        " Nothing was changed. Use the newer version.",
    )
