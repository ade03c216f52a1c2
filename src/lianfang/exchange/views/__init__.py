"""Pages of the import: upload, columns, preview with decisions, progress, result; rollover; the sheets to take away."""

from lianfang.exchange.views.columns import columns
from lianfang.exchange.views.importing import (
    XLSX,
    again,
    bad_rows,
    cancel,
    commit,
    decide,
    download,
    export,
    home,
    preview,
    search,
    template,
    watch,
)
from lianfang.exchange.views.rollover import rollover

__all__ = [
    "XLSX",
    "again",
    "bad_rows",
    "cancel",
    "columns",
    "commit",
    "decide",
    "download",
    "export",
    "home",
    "preview",
    "rollover",
    "search",
    "template",
    "watch",
]
