"""Is it alive: for supervisors and load balancers."""

from __future__ import annotations

from django.db import connection
from django.db.utils import Error
from django.http import HttpRequest, JsonResponse

from lianfang.foundation.access import public


@public
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when the database answers, 503 otherwise."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()
    except Error:
        return JsonResponse({"status": "database"}, status=503, headers={"Retry-After": "5"})
    return JsonResponse({"status": "ok"})
