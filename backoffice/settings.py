"""One file, read from the environment; what must hold in production is a system check with a hint."""

from pathlib import Path
from typing import Any

import dj_database_url
from django.utils.translation import gettext_lazy as _

from backoffice import environment as env

BASE_DIR = Path(__file__).resolve().parent.parent
env.load_dotenv(BASE_DIR / ".env")

DEMO = env.flag("DEMO")
DEBUG = False
SECRET_KEY = env.text("SECRET_KEY")
FIELD_KEYS = env.text("FIELD_KEYS")
CHECKPOINT_KEY = env.text("CHECKPOINT_KEY")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "localhost,127.0.0.1")
PORT = env.number("PORT", 8000)
SECURE = not DEMO  # demonstration runs on loopback over plain HTTP

# --- database, files, jobs -------------------------------------------------------------------------------------

VAR = Path(env.text("VAR_DIR", str(BASE_DIR / "var")))
DATABASES: dict[str, Any] = {
    "default": dj_database_url.parse(env.text("DATABASE_URL", f"sqlite:///{VAR / 'db.sqlite3'}"), conn_max_age=60)
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"}}
if redis := env.text("CACHE_URL", ""):
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": redis}}

MEDIA_ROOT = env.text("MEDIA_ROOT", str(VAR / "media"))
MEDIA_URL = "/media/"
STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]

CELERY_BROKER_URL = env.text("CELERY_BROKER_URL", "filesystem://")

# --- evidence --------------------------------------------------------------------------------------------------

# Witnesses should lie where whoever runs the database cannot write: another machine's mount, mailbox or service.
WITNESS_FILE = env.text("WITNESS_FILE", str(VAR / "witness.jsonl"))
WITNESS_EMAIL = env.text("WITNESS_EMAIL", "")
WITNESS_URL = env.text("WITNESS_URL", "")
CHECKPOINT_SECONDS = env.number("CHECKPOINT_SECONDS", 300)  # a running installation signs at most this often
CHECKPOINT_FORMER_KEYS = env.words("CHECKPOINT_FORMER_KEYS")  # public keys, hexadecimal, after a change of key

# --- applications ----------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "backoffice.apps.BackofficeAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "django_otp",
    "csp",
    "base",
    "controls",
    "django_otp_webauthn",  # its models ask for the person model: after controls
    "kyc",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "controls.middleware.SignedInOnly",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "backoffice.middleware.ReaderZone",
]
ROOT_URLCONF = "backoffice.urls"
WSGI_APPLICATION = "backoffice.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# --- the frame -------------------------------------------------------------------------------------------------

# Strict everywhere, inline styles included: docs/decisions says what of unfold is overridden for it.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}
UNFOLD = {
    "SITE_TITLE": _("Back office"),
    "SITE_HEADER": _("Back office"),
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": "backoffice.navigation.icon"}],
    "SIDEBAR": {
        "show_search": True,
        "command_search": True,
        "navigation": "backoffice.navigation.sidebar",
    },
    "ACCOUNT": {"navigation": "backoffice.navigation.account"},
    "GLOBAL_CALLBACK": "backoffice.navigation.frame",
}

# --- people ----------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "controls.Person"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

LOGIN_URL = "/sign-in/"
SESSION_HOURS = env.number("SESSION_HOURS", 12)
SESSION_IDLE_MINUTES = env.number("SESSION_IDLE_MINUTES", 30)
SESSION_COOKIE_AGE = SESSION_HOURS * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
PUBLIC_HOST = env.text("PUBLIC_HOST", ALLOWED_HOSTS[0])  # the name people type; passkeys belong to it
OTP_WEBAUTHN_CREDENTIAL_MODEL = "controls.Passkey"
OTP_WEBAUTHN_RP_ID = PUBLIC_HOST
OTP_WEBAUTHN_RP_NAME = "Back office"
OTP_WEBAUTHN_ALLOWED_ORIGINS = [f"http://{PUBLIC_HOST}:{PORT}" if DEMO else f"https://{PUBLIC_HOST}"]
OTP_WEBAUTHN_ALLOW_PASSWORDLESS_LOGIN = False
OTP_ADMIN_HIDE_SENSITIVE_DATA = True
PROXIES = env.number("PROXIES", 0)  # how many of our own stand in front and write X-Forwarded-For

# --- API ---------------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["controls.api_access.ByKey", "controls.api_access.BySession"],
    "DEFAULT_PERMISSION_CLASSES": ["controls.api_access.Somebody"],
    "DEFAULT_THROTTLE_CLASSES": ["controls.limits.Limited"],
    "DEFAULT_PARSER_CLASSES": ["base.bodies.JSON"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "base.bodies.AlwaysFirst",
    "EXCEPTION_HANDLER": "base.problems.handler",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "URL_FORMAT_OVERRIDE": None,
}
API_PER_MINUTE = env.number("API_PER_MINUTE", 600)  # by one client or person
API_ADDRESS_PER_MINUTE = env.number("API_ADDRESS_PER_MINUTE", 1200)  # from one address
API_REFUSED_PER_MINUTE = env.number("API_REFUSED_PER_MINUTE", 30)  # keys refused from one address

# --- words and times -------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
LOCALE_PATHS = [BASE_DIR / "locale"]
