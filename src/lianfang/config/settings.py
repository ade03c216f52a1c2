"""Django settings. Everything an operator may change comes from the environment that `lianfang` sets (docs/guide/operator)."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.utils.translation import gettext_lazy as _

from lianfang.config.identity import identity_provider, origin_of
from lianfang.config.logs import configuration
from lianfang.config.tls.options import host_patterns
from lianfang.foundation.keys import load_keyring

DATA_DIR = Path(os.environ.get("LIANFANG_DATA_DIR", "data")).resolve()
SECRET_DIR = Path(os.environ.get("LIANFANG_SECRET_DIR", str(DATA_DIR) + ".keys")).resolve()
DEBUG = os.environ.get("LIANFANG_DEBUG", "") == "1"
DEMO = os.environ.get("LIANFANG_DEMO", "") == "1" or (DATA_DIR / "demo").exists()

KEYRING = load_keyring(SECRET_DIR)
SECRET_KEY = KEYRING.text("django")
OUTBOX_SECRET = KEYRING.first_text("django")

ALLOWED_HOSTS = [h for h in os.environ.get("LIANFANG_HOSTS", "localhost,127.0.0.1,[::1]").split(",") if h]
# Read from the certificate by each web process as it begins: a renewal that brings names needs no other word.
ALLOWED_HOSTS += host_patterns(os.environ.get("LIANFANG_TLS_SERVED", ""))
CSRF_TRUSTED_ORIGINS = [o for o in os.environ.get("LIANFANG_ORIGINS", "").split(",") if o]
ROOT_URLCONF = "lianfang.config.urls"
WSGI_APPLICATION = "lianfang.config.wsgi.application"

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "django_cotton.apps.SimpleAppConfig",  # the loaders are named below; the default configurations overwrite each other
    "django_htmx",
    "template_partials.apps.SimpleAppConfig",
    "lianfang.foundation",
    "lianfang.ui",
    "lianfang.people",
    "lianfang.comms",
    "lianfang.duties",
    "lianfang.daily",
    "lianfang.reporting",
    "lianfang.exchange",
    "lianfang.web",
    "lianfang.config",
]

MIDDLEWARE = [
    "lianfang.config.requests.Requests",
    "lianfang.config.problems.Problems",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "lianfang.foundation.browsers.Policy",
    "lianfang.foundation.browsers.Session",
    "lianfang.foundation.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "lianfang.foundation.browsers.Csrf",
    "lianfang.foundation.browsers.Authentication",
    "lianfang.foundation.browsers.Messages",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "lianfang.foundation.browsers.Htmx",
    "lianfang.foundation.sessions.SessionLimits",
    "lianfang.ui.middleware.OutboxAccountMiddleware",
    "lianfang.foundation.middleware.ActorMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "axes.middleware.AxesMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": False,
        "OPTIONS": {
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    [
                        (
                            "django.template.loaders.cached.Loader",
                            [
                                "django_cotton.cotton_loader.Loader",
                                "django.template.loaders.filesystem.Loader",
                                "django.template.loaders.app_directories.Loader",
                            ],
                        )
                    ],
                )
            ],
            "builtins": [
                "django_cotton.templatetags.cotton",
                "django.templatetags.i18n",
                "template_partials.templatetags.partials",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "lianfang.ui.context.shell",
                "lianfang.web.context.navigation",
            ],
        },
    }
]


def database(url: str) -> dict[str, object]:
    """Django's DATABASES entry for `sqlite:///path` or `postgresql://user:pw@host:port/name?host=/socket`."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return {
            "ENGINE": "lianfang.foundation.sqlite",
            "NAME": unquote(parts.path),
            "CONN_MAX_AGE": None,
            "OPTIONS": {"timeout": 30, "transaction_mode": "IMMEDIATE"},
        }
    if parts.scheme in ("postgresql", "postgres"):
        query = dict(p.split("=", 1) for p in parts.query.split("&") if "=" in p)
        return {
            "ENGINE": "lianfang.foundation.postgresql",
            "NAME": unquote(parts.path.lstrip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": unquote(query.get("host", parts.hostname or "")),
            "PORT": str(parts.port or ""),
            "CONN_MAX_AGE": None,
            "CONN_HEALTH_CHECKS": True,
            # Waiting for a lock ends like on SQLite: with an honest 503. A server that does not answer is given up, too.
            "OPTIONS": {"options": "-c lock_timeout=30s", "connect_timeout": 10},
        }
    raise ValueError(f"database address must begin with sqlite:/// or postgresql://, got scheme {parts.scheme!r}")


DATABASES = {
    "default": database(os.environ.get("LIANFANG_DATABASE_URL") or f"sqlite://{DATA_DIR / 'lianfang.sqlite3'}")
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ATOMIC_REQUESTS = False

AUTH_USER_MODEL = "foundation.Account"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = ["lianfang.foundation.hashers.Argon2Hasher"]
# Passwords are checked where they are set, by the sign-in profile of the unit (foundation.passwords, ADR 0017).
AUTH_PASSWORD_VALIDATORS: list[dict[str, str]] = []
LOGIN_URL = "/login"
LOGIN_REDIRECT_URL = "/"
# Whoever signs in with a one-time password, or owes a second factor, comes here before anything else.
OWN_ACCOUNT_URL = "/account"
AXES_FAILURE_LIMIT = "lianfang.foundation.policy.tries_allowed"
AXES_COOLOFF_TIME = "lianfang.foundation.policy.wait_after"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "lianfang.web.views.account.locked_out"
AXES_VERBOSE = False

# Ways to sign in (ADR 0010). Accounts are made by invitation or by the school's staff, never by signing up.
IDENTITY_PROVIDER = identity_provider(os.environ)
ACCOUNT_ADAPTER = "lianfang.web.signin.adapters.AccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
ACCOUNT_PREVENT_ENUMERATION = True
MFA_ADAPTER = "lianfang.web.signin.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Lianfang"
MFA_TOTP_TOLERANCE = 1
MFA_FORMS = {
    "authenticate": "lianfang.web.signin.forms.CodeForm",
    "activate_totp": "lianfang.web.signin.forms.ActivateForm",
    "add_webauthn": "lianfang.web.signin.forms.PasskeyForm",
}
SOCIALACCOUNT_ADAPTER = "lianfang.web.signin.adapters.IdentityAdapter"
SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [IDENTITY_PROVIDER]}} if IDENTITY_PROVIDER else {}
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_REAUTHENTICATION_REQUIRED = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_REQUESTS_TIMEOUT = 10
# Counts of tries: beyond MAX_ENTRIES the cache throws some away that still count, which a crowd must not bring about.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "foundation_cache",
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
}
SILENCED_SYSTEM_CHECKS = ["axes.W003"]

# The longest that any profile allows; foundation.sessions ends them sooner.
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
# Over https (ADR 0011): `up --https`, `up --tls`, `up --behind-proxy`. With __Host- browsers take these cookies from this
# very origin only, not from another service on a neighbouring name.
SECURE_COOKIES = os.environ.get("LIANFANG_HTTPS", "") == "1"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_COOKIES
SESSION_COOKIE_NAME = "__Host-sessionid" if SECURE_COOKIES else "sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken" if SECURE_COOKIES else "csrftoken"
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if os.environ.get("LIANFANG_HSTS", "") == "1" else 0
# What the page about the local authority shows (`web.installing`); empty where there is none.
INSTALL_DIR = os.environ.get("LIANFANG_INSTALL_DIR", "")
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if SECURE_COOKIES else "http"
CSRF_FAILURE_VIEW = "lianfang.ui.views.csrf_failure"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'", "'wasm-unsafe-eval'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "connect-src": ["'self'"],
        "frame-ancestors": ["'none'"],
        "form-action": ["'self'"]
        + ([origin_of(IDENTITY_PROVIDER["settings"]["server_url"])] if IDENTITY_PROVIDER else []),
        "base-uri": ["'none'"],
        "object-src": ["'none'"],
    }
}

# Opens /metrics to the operator's own machines (foundation.operator); none made, none known.
OPERATOR_TOKEN = os.environ.get("LIANFANG_METRICS_TOKEN", "")

LANGUAGE_CODE = "zh-hans"
LANGUAGE_COOKIE_NAME = "lianfang_lang"
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = SECURE_COOKIES
LANGUAGES = [("zh-hans", _("中文")), ("en", _("英文"))]
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = os.environ.get("LIANFANG_STATIC_DIR") or str(DATA_DIR / "static")
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(DATA_DIR / "files")},
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG
# Kept on the phone beside the shell: what the roll and the own report need without network.
UI_OFFLINE_ASSETS = ("daily/daily.css", "daily/roll.js")
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 4000

EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = os.environ.get("LIANFANG_SMTP_HOST", "")
EMAIL_PORT = int(os.environ.get("LIANFANG_SMTP_PORT", "25"))
EMAIL_HOST_USER = os.environ.get("LIANFANG_SMTP_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("LIANFANG_SMTP_PASSWORD", "")
EMAIL_USE_TLS = os.environ.get("LIANFANG_SMTP_TLS", "") == "1"
DEFAULT_FROM_EMAIL = os.environ.get("LIANFANG_MAIL_FROM", "lianfang@localhost")

# One thread per process gathers simultaneous submissions into one commit; tests run batches in their own thread.
GROUP_COMMIT = os.environ.get("LIANFANG_GROUP_COMMIT", "1") == "1"

LOGGING = configuration(os.environ)
