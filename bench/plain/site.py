"""A Django project of one view: Django REST Framework's usual way to take one report. Settings, URLs and WSGI in one file."""

from __future__ import annotations

import os

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application

if not settings.configured:
    sqlite = {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("PLAIN_DB", ""),
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": 30,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        },
    }
    settings.configure(
        SECRET_KEY="benchmark only",
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF="bench.plain.routes",
        USE_TZ=True,
        DATABASES={"default": sqlite},
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
