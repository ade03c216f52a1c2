"""Printed rolls, and which check was entered from which of them."""

import uuid

import django.db.models.deletion
import django.db.models.manager
from django.db import migrations, models
from django.db.models import F, Q

import lianfang.foundation.realm


class Migration(migrations.Migration):
    dependencies = [("foundation", "0001_initial"), ("daily", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="RollSheet",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("session", models.CharField(max_length=20)),
                ("first", models.DateField()),
                ("last", models.DateField()),
                ("printed_at", models.DateTimeField()),
                (
                    "printed_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="foundation.account",
                    ),
                ),
                (
                    "realm",
                    models.ForeignKey(
                        db_index=False,
                        default=lianfang.foundation.realm.current_realm,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="foundation.realm",
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="foundation.unit"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "all_realms",
                "constraints": [
                    models.CheckConstraint(condition=Q(last__gte=F("first")), name="sheet_last_not_before_first")
                ],
            },
            managers=[
                ("objects", django.db.models.manager.Manager()),
                ("all_realms", django.db.models.manager.Manager()),
            ],
        ),
        migrations.AddField(
            "rollcheck",
            "sheet",
            models.ForeignKey(
                help_text="entered from this sheet",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="daily.rollsheet",
            ),
        ),
        migrations.AlterField(
            "rollcheck",
            "session",
            models.CharField(help_text="morning, noon, afternoon, evening, lesson-1 … lesson-9", max_length=20),
        ),
    ]
