"""The database's shape is what the models say."""

import io

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

OURS = sorted(config.label for config in apps.get_app_configs() if config.name.startswith("lianfang."))


@pytest.mark.parametrize("label", OURS)
def test_every_room_with_tables_has_migrations(label):
    if list(apps.get_app_config(label).get_models()):
        assert label in MigrationLoader(None, ignore_no_migrations=True).migrated_apps


@pytest.mark.django_db
def test_no_migration_is_missing():
    out = io.StringIO()
    try:
        call_command("makemigrations", *OURS, check=True, dry_run=True, stdout=out, verbosity=1)
    except (SystemExit, CommandError) as error:
        pytest.fail(f"models have changed without a migration ({error}):\n{out.getvalue()}")


@pytest.mark.django_db
def test_every_table_has_a_primary_key_that_never_runs_out():
    """32-bit keys end at two thousand million rows, which a province writes."""
    small = []
    for label in OURS:
        for model in apps.get_app_config(label).get_models():
            kind = model._meta.pk.get_internal_type()
            if kind in ("AutoField", "SmallAutoField", "IntegerField"):
                small.append(f"{model._meta.label}: {kind} on {connection.vendor}")
    assert not small
