"""The installation of the fault bench: `python -m tests.faults.prepare` in the bench's environment prints the cast as JSON.

The small district with classes of 12 and a dozen members of staff who report themselves; everybody has a bearer token.
"""

from __future__ import annotations

import json
from pathlib import Path

STAFF = 12
PARTS = ("teacher", "teacher2", "mother", "grade_head", "reporter", "admin")


def main() -> None:
    import django

    django.setup()
    from django.conf import settings
    from django.db import transaction

    from lianfang.config.environment import collect_static, migrate
    from lianfang.foundation import actions as foundation
    from lianfang.foundation.actor import system_actor
    from lianfang.people import actions as people
    from tests.district import SETUP, TERM, make_district

    migrate()
    collect_static(Path(settings.DATA_DIR))
    with transaction.atomic():
        d = make_district(12)
        system = system_actor("faults", SETUP)
        office = foundation.create_unit(
            system, SETUP, parent=d.units["school"], kind="department", level="department", name="教师办公室"
        )
        staff = []
        for number in range(STAFF):
            person = people.create_person(system, SETUP, name=f"{'赵钱孙李周吴郑王'[number % 8]}{'甲乙'[number // 8]}")
            people.add_membership(system, SETUP, person=person, unit=office, kind="staff", begins=TERM[0])
            people.assign_post(system, SETUP, person=person, unit=office, role="staff", begins=TERM[0])
            account, _secret = people.open_account(system, SETUP, person=person, username=f"r{number}")
            foundation.set_password(system, SETUP, account, f"a long enough word {number}")
            staff.append({"person": person.pk, "token": foundation.issue_token(system, SETUP, account, "faults")[1]})
        tokens = {p: foundation.issue_token(system, SETUP, d.accounts[p], "faults")[1] for p in PARTS}
    cast = {
        "staff": staff,
        "tokens": tokens,
        "units": {key: d.units[key].pk for key in ("class1", "class2", "grade", "school")},
        "pupils": {key: [p.pk for p in d.pupils[key]] for key in ("class1", "class2")},
    }
    print(json.dumps(cast))


if __name__ == "__main__":
    main()
