"""A Django project of one view: Django REST Framework's usual way to take one report. Settings, URLs and WSGI in one file."""

from __future__ import annotations

import os
from urllib.parse import parse_qs, urlsplit

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application


def database() -> dict[str, object]:
    """SQLite in the file PLAIN_DB, FULL; or the PostgreSQL database at PLAIN_DATABASE_URL."""
    url = urlsplit(os.environ.get("PLAIN_DATABASE_URL", ""))
    if url.scheme:
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": url.path.lstrip("/"),
            "USER": url.username or "",
            "PASSWORD": url.password or "",
            "HOST": parse_qs(url.query).get("host", [url.hostname or ""])[0],
            "PORT": str(url.port or ""),
            "CONN_MAX_AGE": None,
        }
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("PLAIN_DB", ""),
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": 30,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        },
    }


if not settings.configured:
    settings.configure(
        SECRET_KEY="benchmark only",
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF="bench.plain.routes",
        USE_TZ=True,
        DATABASES={"default": database()},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "rest_framework",
            "rest_framework.authtoken",
            "bench.plain.records",
        ],
        MIDDLEWARE=["django.middleware.security.SecurityMiddleware", "django.middleware.common.CommonMiddleware"],
        REST_FRAMEWORK={
            "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.TokenAuthentication"],
            "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
            "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
        },
    )
    django.setup()
application = get_wsgi_application()
