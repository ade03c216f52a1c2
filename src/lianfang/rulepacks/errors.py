"""What can be wrong with a pack or an override."""

from __future__ import annotations


class PackError(ValueError):
    """A pack, an entry or an override that cannot be used; names the file and the key."""

    def __init__(self, where: str, problem: str) -> None:
        self.where = where
        self.problem = problem
        super().__init__(f"{where}: {problem}")


class UnknownRule(LookupError):
    """No rule of that id in any pack."""


class RuleNotInForce(LookupError):
    """The rule exists, but not on that day or not in that place."""
