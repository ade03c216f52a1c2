from __future__ import annotations

from typing import Any

from django.db import migrations, models

from lianfang.foundation.chain import erasure_mark

BATCH = 500


def mark_erased(apps: Any, schema_editor: Any) -> None:
    """Payloads that retention erased before marks existed get theirs, so that they go on verifying."""
    payloads = apps.get_model("foundation", "JournalPayload").objects
    unmarked = payloads.exclude(erased_at=None).filter(salt="").select_related("entry").order_by("pk")
    while rows := list(unmarked[:BATCH]):
        for row in rows:
            row.salt = erasure_mark(row.entry.payload_hash, row.erased_at)
        payloads.bulk_update(rows, ["salt"])


class Migration(migrations.Migration):
    dependencies = [("foundation", "0003_retention")]

    operations = [
        migrations.AlterField(
            model_name="journalpayload",
            name="salt",
            field=models.CharField(
                help_text="random; erasing puts a keyed mark here, so that the hash cannot be guessed back",
                max_length=32,
            ),
        ),
        migrations.RunPython(mark_erased, migrations.RunPython.noop),
    ]
