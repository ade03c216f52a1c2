"""One slip, two guardians at the same instant, on a database with transactions that really commit."""

import threading

import pytest
from django.db import connection

from lianfang.foundation.actor import forget_cached_actors
from lianfang.foundation.apps import seed
from lianfang.foundation.errors import Invalid
from lianfang.foundation.models import Account
from lianfang.people import actions
from lianfang.people.actions import NewSignIn
from lianfang.people.models import GuardianClaim, Person
from tests.people.cast import NOW, PASSWORD, make_cast

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_who_use_one_slip_at_once(transactional_db):
    seed("default")
    forget_cached_actors()
    cast = make_cast()
    slip = actions.invite_guardians(cast.actor("teacher"), NOW, unit=cast.klass, children=[cast.persons["wang"].pk])[0]
    persons, gate = Person.objects.count(), threading.Barrier(2)
    results: list[object] = []

    def use(name):
        try:
            gate.wait()
            results.append(
                actions.accept_as_guardian(
                    None,
                    NOW,
                    invitation=slip.invitation,
                    child_name="王一诺",
                    relation="father",
                    name="王大明",
                    sign_in=NewSignIn(name, PASSWORD),
                )
            )
        except Exception as error:
            results.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=use, args=(name,)) for name in ("first", "second")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    refused = [r for r in results if isinstance(r, Invalid)]
    assert len(results) == 2
    assert [error.errors[0].code for error in refused] == ["used"], results
    assert GuardianClaim.objects.count() == 1
    assert Person.objects.count() == persons + 1
    assert Account.objects.filter(username__in=("first", "second")).count() == 1
    forget_cached_actors()
