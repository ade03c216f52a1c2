"""Writes of the import: upload, preview, say what columns mean, decide, commit, cancel; a school year rolled over."""

from lianfang.exchange.actions.committing import commit_import, request_commit
from lianfang.exchange.actions.deciding import cancel_import, decide, note_failure
from lianfang.exchange.actions.mapping import say_columns
from lianfang.exchange.actions.rolling import start_rollover
from lianfang.exchange.actions.uploading import preview, upload_roster

__all__ = [
    "cancel_import",
    "commit_import",
    "decide",
    "note_failure",
    "preview",
    "request_commit",
    "say_columns",
    "start_rollover",
    "upload_roster",
]
