from __future__ import annotations

from django.db import models


class Report(models.Model):
    """A health report without anything around it."""

    student = models.IntegerField()
    day = models.IntegerField()
    temp = models.FloatField()
    absent = models.BooleanField(default=False)
    symptoms = models.JSONField(default=list)
    reason = models.CharField(max_length=200, blank=True)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "records"
        indexes = [models.Index(fields=["student", "day"])]
