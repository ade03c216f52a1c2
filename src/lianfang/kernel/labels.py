"""Text in the two languages of the system, Chinese first."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Label:
    """One text in Chinese and English. Both are required: a label never falls back silently."""

    zh: str
    en: str

    def text(self, lang: str) -> str:
        """The text for a language tag such as ``zh-hans``, ``zh_CN`` or ``en-gb``; Chinese for any unknown tag."""
        return self.en if lang.lower().startswith("en") else self.zh

    def format(self, **params: object) -> Label:
        """Both texts with ``{name}`` places filled in."""
        return Label(self.zh.format(**params), self.en.format(**params))

    def __str__(self) -> str:
        return self.zh
