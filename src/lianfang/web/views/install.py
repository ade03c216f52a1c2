"""For staff to show or print: how phones get the certificate of this school's own authority."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render

from lianfang.foundation.access import signed_in
from lianfang.web import installing


@signed_in
def install(request: Any) -> HttpResponse:
    """Two codes, the fingerprint and the steps; there only while `up --https` runs."""
    found = installing.read(settings.INSTALL_DIR)
    if found is None:
        raise Http404
    context = found.context()
    codes = {name: installing.code(context[name]) for name in ("install_address", "app_address")}
    return render(request, "web/install/notice.html", {**context, "codes": codes})
