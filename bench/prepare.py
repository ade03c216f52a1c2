"""Makes a data folder for the benchmarks: `python -m bench.prepare FOLDER REPORTERS` prints what was made as JSON.

The small district with classes of 45, and REPORTERS members of staff with a bearer token each, who report their own health;
a few more at the school of the other county.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import timedelta
from pathlib import Path

from lianfang.config.environment import collect_static, migrate, set_up

ELSEWHERE = 12


def main(folder: Path, reporters: int) -> None:
    os.environ["LIANFANG_SECRET_DIR"] = str(folder / "keys")
    data = set_up(str(folder / "data"))
    from django.contrib.sessions.backends.db import SessionStore
    from django.db import transaction

    from lianfang.foundation import actions as foundation
    from lianfang.foundation.actor import system_actor
    from lianfang.foundation.clock import system_now
    from lianfang.people import actions as people
    from tests.district import SETUP, TERM, make_district

    migrate()
    collect_static(data)
    now = system_now()
    with transaction.atomic():
        d = make_district(45)
        system = system_actor("bench", SETUP)
        office = foundation.create_unit(
            system, SETUP, parent=d.units["school"], kind="department", level="department", name="教师办公室"
        )
        made: list[dict[str, object]] = []
        elsewhere: list[dict[str, object]] = []
        other = foundation.create_unit(
            system, SETUP, parent=d.units["foreign_school"], kind="department", level="department", name="教师办公室"
        )
        for number in range(reporters + ELSEWHERE):
            where, there = (office, made) if number < reporters else (other, elsewhere)
            person = people.create_person(
                system, SETUP, name=f"{'赵钱孙李周吴郑王'[number % 8]}{'甲乙丙丁'[number % 4]}"
            )
            people.add_membership(system, SETUP, person=person, unit=where, kind="staff", begins=TERM[0])
            account, _secret = foundation.create_account(
                system, SETUP, username=f"r{number}", display_name=person.name, password="x" * 12
            )
            person.account = account
            person.save(update_fields=["account"])
            people.assign_post(system, SETUP, person=person, unit=where, role="staff", begins=TERM[0])
            _token, secret = foundation.issue_token(system, now - timedelta(days=1), account, "bench")
            there.append({"person": person.pk, "token": secret})
    session = SessionStore()
    teacher = d.accounts["teacher"]
    session["_auth_user_id"] = str(teacher.pk)
    session["_auth_user_backend"] = "django.contrib.auth.backends.ModelBackend"
    session["_auth_user_hash"] = teacher.get_session_auth_hash()
    session.create()
    _token, teacher_token = foundation.issue_token(
        system_actor("bench", now), now - timedelta(days=1), teacher, "bench"
    )
    print(
        json.dumps(
            {
                "reporters": made,
                "elsewhere": elsewhere,
                "teacher_token": teacher_token,
                "session": session.session_key,
                "class1": d.units["class1"].pk,
                "pupils": [p.pk for p in d.pupils["class1"]],
            }
        )
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
