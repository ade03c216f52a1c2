from __future__ import annotations

from typing import Any, ClassVar

from django.urls import path
from rest_framework import generics, serializers

from bench.plain.records.models import Report


class ReportSerializer(serializers.ModelSerializer[Any]):
    symptoms = serializers.ListField(
        child=serializers.ChoiceField(["fever", "cough", "rash", "vomit", "diarrhoea"]), default=list
    )
    temp = serializers.FloatField(min_value=34, max_value=43)

    class Meta:
        model = Report
        fields: ClassVar[list[str]] = ["id", "student", "day", "temp", "absent", "symptoms", "reason", "created"]


class CreateReport(generics.CreateAPIView[Any]):
    serializer_class = ReportSerializer
    queryset = Report.objects.all()


urlpatterns = [path("report", CreateReport.as_view())]
