"""What browser tests share."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page


def wait_until(page: Page, check: str, arg: Any = None, limit: int = 15_000) -> None:
    """Wait until the JavaScript function `check` answers something true; it may answer with a promise.

    `Page.wait_for_function` takes the promise itself for the answer, which is always true, and so does not wait.
    Raises playwright's Error after `limit` milliseconds.
    """
    loop = (
        "async arg => {"
        f"  const asked = {check};"
        f"  const until = performance.now() + {limit};"
        "  while (!(await asked(arg))) {"
        f"    if (performance.now() > until) throw new Error('not so after {limit} ms');"
        "    await new Promise(go => setTimeout(go, 25));"
        "  }"
        "}"
    )
    page.evaluate(loop, arg)
