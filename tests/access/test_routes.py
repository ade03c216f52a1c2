"""Every route and operation declares its access, and asks for a sign-in unless it says that it is public."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from lianfang.foundation.permissions import Permission, all_permissions
from tests.access.page_cases import PAGE_CASES
from tests.access.routes import Operation, Page, operations, pages
from tests.access.world import DAY, KIND

# Open to everybody, each for its reason: sign-in and first visit, health check, the shell that a phone keeps.
PUBLIC_PAGES = {
    "unknown_operation",
    "web:today",
    "web:sign_in",
    "account_login",
    "mfa_authenticate",
    "mfa_login_webauthn",
    "openid_connect_login",
    "openid_connect_callback",
    "joining:join",
    "joining:accept",
    "joining:done",
    "web:sign_out",
    "web:welcome",
    "people:purposes",
    "web:healthz",
    "ui:service_worker",
    "ui:manifest",
    "ui:offline",
    "ui:set_language",
}
# For the operator's own machines (foundation.operator), never for a signed-in person as such.
OPERATOR_PAGES = {"metrics"}
PUBLIC_OPERATIONS = {"GET /api/csrf", "GET /api/people/privacy/purposes"}
ANY = {
    "rest": "nothing/here",
    "session": "morning",
    "kind_id": KIND,
    "day": DAY.isoformat(),
    "layout_id": "bureau-daily",
    "key": "x",
    "year": 2026,
    "uid": "00000000-0000-4000-8000-000000000000",
}


def address(page: Page) -> str:
    return reverse(page.name, kwargs={p: ANY.get(p, 1) for p in page.parameters})


def asked(operation: Operation) -> str:
    path = operation.path
    for name in operation.parameters:
        path = path.replace(f"{{{name}}}", str(ANY.get(name, 1)))
    return path


@pytest.mark.parametrize("route", [*pages(), *operations()], ids=lambda r: r.name)
def test_declared(route: Page | Operation) -> None:
    if route.declared == "public":
        assert route.name in PUBLIC_PAGES | PUBLIC_OPERATIONS
        return
    if route.declared == "operator":
        assert route.name in OPERATOR_PAGES
        return
    assert route.declared == "signed_in" or (
        isinstance(route.declared, Permission) and all_permissions()[route.declared.name] is route.declared
    )


def test_every_parameter_is_filled() -> None:
    """A new route has to say in the registry whose objects it may be asked for."""
    filled: dict[str, set[str]] = {}
    for case in PAGE_CASES:
        filled.setdefault(case.route, set()).update(case.names)
    routes = {page.name: page for page in pages() if page.name not in PUBLIC_PAGES | OPERATOR_PAGES}
    assert set(filled) - {"web:today"} == set(routes)
    for name, page in routes.items():
        assert page.objects <= filled[name], name


@pytest.mark.django_db
def test_nobody_gets_a_page() -> None:
    client = Client()
    for page in pages():
        for method in (client.get, client.post):
            answer = method(address(page))
            if page.name == "unknown_operation":
                assert answer.status_code == 404 and answer.json()["code"] == "not_found"
            elif page.name == "web:welcome":
                assert answer.status_code in (200, 404, 422), page.name  # there only while nobody has an account
            elif page.name.startswith("openid_connect"):
                assert answer.status_code == 404, page.name  # no identity provider is configured
            elif page.declared == "operator":
                assert answer.status_code == 401, page.name
            elif page.declared == "public":
                assert answer.status_code < 404 or answer.status_code == 405, page.name
            else:
                assert answer.status_code == 302, page.name
                assert answer.headers["Location"].startswith("/login?next=/"), page.name


@pytest.mark.django_db
@pytest.mark.parametrize("header", ["", "Bearer nonsense", "Bearer " + "x" * 5000, "Basic eDp5"])
def test_nobody_gets_data(header: str) -> None:
    client = Client(headers={"authorization": header} if header else None)
    for operation in operations():
        answer = client.generic(operation.method, asked(operation), b"{}", content_type="application/json")
        if operation.declared == "public":
            assert answer.status_code == 200
        else:
            assert answer.status_code == 401, operation.name
            assert answer.json()["code"] == "login"
