"""Errors about what somebody typed or sent: a stable kind, and a text in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from lianfang.kernel.labels import Label


class InputError(ValueError):
    """Input that cannot be accepted.

    ``kind`` is a stable machine name (``temperature.range``); ``params`` are JSON-able facts of the case that hold
    no personal data; ``label`` says in both languages what is wrong and what to do.
    """

    def __init__(self, kind: str, label: Label, **params: object) -> None:
        self.kind = kind
        self.params: Mapping[str, object] = params
        self.label = label.format(**params)
        super().__init__(self.label.zh)

    def text(self, lang: str) -> str:
        """The message for a language tag."""
        return self.label.text(lang)
