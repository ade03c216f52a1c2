"""Every read of the room. All but `class_figures` and `checks_of` take the actor first."""

from lianfang.daily.queries.figures import checks_of, class_figures

__all__ = [
    "checks_of",
    "class_figures",
]
