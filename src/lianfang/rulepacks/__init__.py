"""Dated rules with their sources: YAML packs and a typed loader.

``packs()`` gives every catalogue typed and by id; ``packs().scoped(...)`` the same as it holds in a place on a day;
``packs().resolve(...)`` one value with its version, source and what it replaced.
"""

from lianfang.rulepacks.errors import PackError, RuleNotInForce, UnknownRule
from lianfang.rulepacks.library import Packs, RuleValue, packs, read_packs
from lianfang.rulepacks.overrides import INSTITUTION, Override

__all__ = [
    "INSTITUTION",
    "Override",
    "PackError",
    "Packs",
    "RuleNotInForce",
    "RuleValue",
    "UnknownRule",
    "packs",
    "read_packs",
]
