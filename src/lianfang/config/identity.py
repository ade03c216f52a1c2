"""Sign-in settings that the operator makes: one identity provider by OpenID Connect. Nothing set means nothing shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

NEEDED = ("LIANFANG_OIDC_ISSUER", "LIANFANG_OIDC_CLIENT_ID", "LIANFANG_OIDC_SECRET")


def identity_provider(environ: Mapping[str, str]) -> dict[str, Any] | None:
    """The provider as allauth takes it, or None when none is configured.

    `LIANFANG_OIDC_ISSUER` (address of the issuer), `_CLIENT_ID`, `_SECRET`, `_NAME` (word on the button), `_CLAIM` (the
    claim that equals the login name of an existing account; empty: an identity is linked by its owner only).
    Raises ValueError when only a part of it is set, or when the issuer is not an https address (http: this machine only).
    """
    given = [name for name in NEEDED if environ.get(name)]
    if not given:
        return None
    missing = sorted(set(NEEDED) - set(given))
    if missing:
        raise ValueError(f"sign-in with an identity provider also needs {', '.join(missing)}")
    issuer = environ["LIANFANG_OIDC_ISSUER"].rstrip("/")
    parts = urlsplit(issuer)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1", "::1")):
        raise ValueError("LIANFANG_OIDC_ISSUER must be an https address")
    return {
        "provider_id": "school",
        "name": environ.get("LIANFANG_OIDC_NAME") or parts.hostname,
        "client_id": environ["LIANFANG_OIDC_CLIENT_ID"],
        "secret": environ["LIANFANG_OIDC_SECRET"],
        "settings": {"server_url": issuer, "oauth_pkce_enabled": True, "claim": environ.get("LIANFANG_OIDC_CLAIM", "")},
    }


def origin_of(address: str) -> str:
    """Scheme, host and port of an address, for the content security policy."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
