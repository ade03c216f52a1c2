"""Find a person or a unit by name, within one's reach."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from lianfang.foundation.access import access
from lianfang.web import perms, queries


@access(perms.SEARCH)
def search(request: Any) -> HttpResponse:
    """One field, posted so that no name stands in an address; units first, then persons (an authority finds units only)."""
    text = request.POST.get("q", "").strip()[:60]
    found = queries.find(request.actor, text) if text else None
    return render(request, "web/search.html", {"text": text, "found": found})
