"""Signs at doors, places out of use, school buses, seat plans of classes."""

import uuid

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q


def give_uids(apps, schema_editor):
    place = apps.get_model("people", "Place")
    for row in place.objects.filter(uid=None).only("pk"):
        row.uid = uuid.uuid4()
        row.save(update_fields=["uid"])


TIMED = (
    ("begins", models.DateField()),
    ("ends", models.DateField(null=True)),
    ("known_at", models.DateTimeField()),
    ("end_known_at", models.DateTimeField(null=True)),
    ("void_at", models.DateTimeField(null=True)),
)


def recorded_by():
    return (
        "recorded_by",
        models.ForeignKey(
            null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="foundation.account"
        ),
    )


def key():
    return ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"))


class Migration(migrations.Migration):
    dependencies = [("foundation", "0001_initial"), ("people", "0001_initial")]

    operations = [
        migrations.AddField("place", "uid", models.UUIDField(default=None, editable=False, null=True)),
        migrations.RunPython(give_uids, migrations.RunPython.noop),
        migrations.AlterField("place", "uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
        migrations.AddField(
            "place",
            "closed_from",
            models.DateField(help_text="the first day on which it is out of use", null=True),
        ),
        migrations.AlterField(
            "membership",
            "kind",
            models.CharField(
                choices=[("student", "Student"), ("staff", "Staff"), ("resident", "Resident"), ("rider", "Rider")],
                max_length=10,
            ),
        ),
        migrations.CreateModel(
            name="Vehicle",
            fields=[
                key(),
                ("plate", models.CharField(max_length=12, unique=True)),
                (
                    "seats",
                    models.PositiveSmallIntegerField(help_text="places for riders, driver and attendant not counted"),
                ),
                ("route", models.CharField(blank=True, max_length=200)),
                (
                    "unit",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="vehicle", to="foundation.unit"
                    ),
                ),
            ],
            options={
                "constraints": [models.CheckConstraint(condition=Q(seats__gte=1), name="vehicle_has_seats")],
            },
        ),
        migrations.CreateModel(
            name="SeatPlan",
            fields=[
                key(),
                *TIMED,
                ("rows", models.PositiveSmallIntegerField()),
                ("columns", models.PositiveSmallIntegerField()),
                ("aisles", models.JSONField(default=list)),
                recorded_by(),
                (
                    "unit",
                    models.ForeignKey(
                        help_text="the class",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="seat_plans",
                        to="foundation.unit",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=Q(ends=None, void_at=None), fields=("unit",), name="one_seat_plan_at_a_time"
                    ),
                    models.CheckConstraint(condition=Q(rows__gte=1, columns__gte=1), name="seat_plan_has_seats"),
                    models.CheckConstraint(
                        condition=Q(ends=None) | Q(ends__gte=F("begins")), name="seat_plan_ends_after"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SeatHolding",
            fields=[
                key(),
                *TIMED,
                ("row", models.PositiveSmallIntegerField()),
                ("column", models.PositiveSmallIntegerField()),
                recorded_by(),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="seats_held", to="people.person"
                    ),
                ),
                (
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="holdings", to="people.seatplan"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=Q(ends=None, void_at=None), fields=("plan", "row", "column"), name="one_pupil_a_seat"
                    ),
                    models.UniqueConstraint(
                        condition=Q(ends=None, void_at=None), fields=("plan", "person"), name="one_seat_a_pupil"
                    ),
                    models.CheckConstraint(condition=Q(ends=None) | Q(ends__gte=F("begins")), name="seat_ends_after"),
                ],
            },
        ),
    ]
