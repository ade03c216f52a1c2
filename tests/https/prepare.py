"""Fills a data folder for a whole server: `python -m tests.https.prepare FOLDER`; the environment says which database.

The small district at 07:40 of its school day, with real passwords and the worker's round of the morning done.
"""

from __future__ import annotations

import sys
from pathlib import Path


def main(folder: Path) -> None:
    import django

    django.setup()
    from django.db import transaction

    from lianfang.config.environment import collect_static, migrate
    from lianfang.config.worker import catch_up
    from lianfang.foundation.clock import system_now
    from tests.district import make_district

    migrate()
    collect_static(folder)
    with transaction.atomic():
        make_district(8)
    catch_up(system_now())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
