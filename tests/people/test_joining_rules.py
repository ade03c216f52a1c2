"""Rules of joining: codes as people type them, states of an invitation, who may reset whose sign-in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from lianfang.config.identity import identity_provider
from lianfang.people import joining
from lianfang.people.joining import InvitationFacts, State, may_reset, state, typed

NOW = datetime(2026, 9, 15, 0, 0, tzinfo=UTC)
LATER, EARLIER = NOW + timedelta(days=1), NOW - timedelta(days=1)


@pytest.mark.parametrize(
    "text, found",
    [
        ("ABCDE-FGH23", "ABCDEFGH23"),
        (" abcde fgh23\n", "ABCDEFGH23"),
        ("ABCDE—FGH23", "ABCDEFGH23"),
        ("ABCDEFGH2", ""),
        ("ABCDEFGH234", ""),
        ("ABCDEFGH2O", ""),  # O is no sign of a code
        ("ＡＢＣＤＥＦＧＨ２３", ""),
        ("", ""),
        ("\0" * 10, ""),
    ],
)
def test_a_code_as_it_is_typed(text, found):
    assert typed(text) == found


def test_new_codes_are_typed_back_and_differ():
    codes = {joining.new_code() for _n in range(200)}
    assert len(codes) == 200
    assert all(typed(joining.shown(code).lower()) == code for code in codes)


@pytest.mark.parametrize(
    "facts, found",
    [
        (InvitationFacts(LATER, many=False), State.OPEN),
        (InvitationFacts(NOW, many=False), State.EXPIRED),
        (InvitationFacts(LATER, many=False, used_at=EARLIER), State.USED),
        (InvitationFacts(EARLIER, many=False, used_at=EARLIER), State.USED),
        (InvitationFacts(LATER, many=True, used_at=EARLIER), State.OPEN),
        (InvitationFacts(EARLIER, many=True, used_at=EARLIER), State.EXPIRED),
        (InvitationFacts(LATER, many=False, used_at=EARLIER, revoked_at=EARLIER), State.REVOKED),
        (InvitationFacts(LATER, many=True, revoked_at=NOW), State.REVOKED),
    ],
)
def test_states_of_an_invitation(facts, found):
    assert state(facts, NOW) is found


@pytest.mark.parametrize(
    "own, posts_inside, manages, ward_of_class, holds_post, found",
    [
        (True, True, True, False, True, False),  # oneself: on the page of one's own account
        (False, True, True, False, True, True),  # the administrator, a teacher
        (False, False, True, True, True, False),  # a guardian who is also the county's officer
        (False, True, False, True, False, True),  # the class teacher, a mother
        (False, True, False, True, True, False),  # the class teacher, a mother who teaches here
        (False, True, False, False, False, False),  # the class teacher, somebody else
    ],
)
def test_who_may_reset_whose_sign_in(own, posts_inside, manages, ward_of_class, holds_post, found):
    assert (
        may_reset(
            own=own, posts_inside=posts_inside, manages=manages, ward_of_class=ward_of_class, holds_post=holds_post
        )
        is found
    )


FULL = {
    "LIANFANG_OIDC_ISSUER": "https://login.school.example/realms/a/",
    "LIANFANG_OIDC_CLIENT_ID": "lianfang",
    "LIANFANG_OIDC_SECRET": "word",
}


def test_no_identity_provider_unless_it_is_configured():
    assert identity_provider({}) is None
    found = identity_provider({**FULL, "LIANFANG_OIDC_NAME": "统一身份"})
    assert found is not None
    assert found["name"] == "统一身份"
    assert found["settings"]["server_url"] == "https://login.school.example/realms/a"


@pytest.mark.parametrize(
    "environ, word",
    [
        ({k: v for k, v in FULL.items() if "SECRET" not in k}, "LIANFANG_OIDC_SECRET"),
        ({**FULL, "LIANFANG_OIDC_ISSUER": "http://login.school.example"}, "https"),
        ({**FULL, "LIANFANG_OIDC_ISSUER": "file:///etc"}, "https"),
    ],
)
def test_a_half_configured_identity_provider_is_refused(environ, word):
    with pytest.raises(ValueError, match=word):
        identity_provider(environ)
