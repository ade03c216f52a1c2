"""The published description of the API, made once in a process: it takes two seconds."""

from __future__ import annotations

import functools
import json
from typing import Any

from lianfang.config.api import api


@functools.cache
def document() -> dict[str, Any]:
    """What /api/openapi.json says, as plain data. Nobody may change it."""
    found: dict[str, Any] = json.loads(json.dumps(api.get_openapi_schema(), default=str))
    return found
