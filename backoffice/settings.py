"""One file, read from the environment; what must hold in production is a system check with a hint."""

import logging
from pathlib import Path
from typing import Any

import dj_database_url
from django.utils.translation import gettext_lazy as _

from backoffice import environment as env
from backoffice.bucket import in_bucket
from base import logs

BASE_DIR = Path(__file__).resolve().parent.parent
env.load_dotenv(BASE_DIR / ".env")

DEMO = env.flag("DEMO")
DEBUG = False
SECRET_KEY = env.text("SECRET_KEY")
FIELD_KEYS = env.text("FIELD_KEYS")
CHECKPOINT_KEY = env.text("CHECKPOINT_KEY")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "localhost,127.0.0.1")
BIND = env.text("BIND", "127.0.0.1")
PORT = env.number("PORT", 8000)
LOOPBACK_ONLY = DEMO
METRICS_TOKEN = env.text("METRICS_TOKEN", "")  # none: /metrics is closed

# --- database, files, jobs -------------------------------------------------------------------------------------

VAR = Path(env.text("VAR_DIR", str(BASE_DIR / "var")))
DATABASES: dict[str, Any] = {
    "default": dj_database_url.parse(env.text("DATABASE_URL", f"sqlite:///{VAR / 'db.sqlite3'}"), conn_max_age=60)
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # secure_delete: what is deleted or overwritten is zeroed on its page, so that an erasure leaves nothing there
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
        "PRAGMA secure_delete=ON;",
    }
else:
    # what a page or an action asks takes milliseconds; compiling a plan first takes a hundred
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("options", "-c jit=off")
MIGRATION_LOCK_SECONDS = env.number("MIGRATION_LOCK_SECONDS", 5)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"}}
if redis := env.text("CACHE_URL", ""):
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": redis}}

MEDIA_ROOT = env.text("MEDIA_ROOT", str(VAR / "media"))
FILES: dict[str, Any] = {"BACKEND": "base.storage.LocalFiles", "OPTIONS": {"location": MEDIA_ROOT}}
if bucket := env.text("MEDIA_BUCKET", ""):
    FILES = in_bucket(bucket)
STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "base.storage.EncryptedStorage", "OPTIONS": {"inner": FILES}},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 32 * 1024 * 1024  # an upload is never put unencrypted into a temporary file
INTAKE_MAX_MB = env.number("INTAKE_MAX_MB", 512)
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]

# --- jobs: the message is a wake-up, the row is the queue ------------------------------------------------------

CELERY_BROKER_URL = env.text("CELERY_BROKER_URL", "filesystem://localhost")
BROKER_FOLDERS = [str(VAR / "broker" / name) for name in ("messages", "exchanges")]
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {}
if CELERY_BROKER_URL.startswith("filesystem:"):
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": BROKER_FOLDERS[0],
        "data_folder_out": BROKER_FOLDERS[0],
        "control_folder": BROKER_FOLDERS[1],
        "polling_interval": 0.1,
    }
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_TIMEOUT = 3
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = ["base.tasks.queue_of"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SOFT_TIME_LIMIT = 120  # seconds
CELERY_TASK_TIME_LIMIT = 150
CELERY_TASK_ACKS_LATE = True  # every task is safe to repeat
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0.1}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_MEMORY_PER_CHILD = env.number("WORKER_MEMORY_MB", 1500) * 1024  # in KiB; models leak
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR / "broker" / "beat-schedule")
CELERY_TIMEZONE = "UTC"

# --- evidence --------------------------------------------------------------------------------------------------

# Witnesses should lie where whoever runs the database cannot write: another machine's mount, mailbox or service.
# Who was erased, by id: read when a backup is restored, so it lies elsewhere than the database in production.
ERASURE_LOG = env.text("ERASURE_LOG", str(VAR / "erasures.log"))
WITNESS_FILE = env.text("WITNESS_FILE", str(VAR / "witness.jsonl"))
WITNESS_EMAIL = env.text("WITNESS_EMAIL", "")
WITNESS_URL = env.text("WITNESS_URL", "")
CHECKPOINT_SECONDS = env.number("CHECKPOINT_SECONDS", 300)  # a running installation signs at most this often
CHECKPOINT_FORMER_KEYS = env.words("CHECKPOINT_FORMER_KEYS")  # public keys, hexadecimal, after a change of key

# --- backups -----------------------------------------------------------------------------------------------------

BACKUP_TO = env.text("BACKUP_TO", "")  # a folder; empty: nobody takes backups by the clock
BACKUP_PUBLIC_KEY = env.text("BACKUP_PUBLIC_KEY", "")
BACKUP_HOURS = env.number("BACKUP_HOURS", 24)

# --- what leaves -----------------------------------------------------------------------------------------------

globals().update(env.mail("EMAIL_URL", "console:"))  # EMAIL_BACKEND, EMAIL_HOST and so on, as Django names them
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.text("EMAIL_FROM", "backoffice@localhost")
OUTBOX_ALLOWED_NETWORKS = env.networks("OUTBOX_ALLOWED_NETWORKS")  # private ones in which webhooks may lie

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
    "django_structlog",
    "csp",
    "base",
    "controls",
    "django_otp_webauthn",  # its models ask for the person model: after controls
    "outbox",
    "assets",
    "work",
    "privacy",
    "kyc",
    "backoffice.apps.BackofficeConfig",
]
MIDDLEWARE = [
    "base.requests.RequestId",
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "base.requests.DemonstrationIsLocal",
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
    "controls.examined.Examined",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "backoffice.middleware.ReaderZone",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
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
SESSION_COOKIE_AGE = 24 * 3600  # the most that the policy controls.sessions can say; the session itself ends earlier
PUBLIC_HOST = env.text("PUBLIC_HOST", ALLOWED_HOSTS[0])  # the name people type; passkeys belong to it
PUBLIC_URL = f"http://{PUBLIC_HOST}:{PORT}" if DEMO else f"https://{PUBLIC_HOST}"
OTP_WEBAUTHN_CREDENTIAL_MODEL = "controls.Passkey"
OTP_WEBAUTHN_RP_ID = PUBLIC_HOST
OTP_WEBAUTHN_RP_NAME = "Back office"
OTP_WEBAUTHN_ALLOWED_ORIGINS = [PUBLIC_URL]
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
    "DEFAULT_SCHEMA_CLASS": "base.openapi.Described",
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Back office",
    "DESCRIPTION": "One POST is one action. How to call it, with examples, is in docs/api.md.",
    "VERSION": "1",
    "ENABLE_DJANGO_DEPLOY_CHECK": False,  # the schema has tests of its own
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["controls.api_access.Somebody"],
    "COMPONENT_SPLIT_REQUEST": True,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "persistAuthorization": False, "docExpansion": "none"},
    "ENUM_NAME_OVERRIDES": {
        "DocumentKindEnum": "kyc.models.Document.Kind",
        "DecisionKindEnum": "kyc.models.Decision.Kind",
        "RelationKindEnum": "controls.models.Relation.Kind",
        "AssetKindEnum": "assets.models.Asset.Kind",
        "ExaminationKindEnum": "controls.models.Examination.Kind",
    },
    "PREPROCESSING_HOOKS": ["base.openapi.without_last_slash"],
}
API_PER_MINUTE = env.number("API_PER_MINUTE", 600)  # by one client or person
API_ADDRESS_PER_MINUTE = env.number("API_ADDRESS_PER_MINUTE", 1200)  # from one address
API_REFUSED_PER_MINUTE = env.number("API_REFUSED_PER_MINUTE", 30)  # keys refused from one address


# --- browsers and addresses ------------------------------------------------------------------------------------

SECURE = not DEMO  # a demonstration runs on loopback, over plain HTTP
SECURE_SSL_REDIRECT = SECURE
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]  # asked from inside, past the proxy
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
if PROXIES:  # they set this header themselves, whatever the client sent
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_NAME = "__Host-session" if SECURE else "sessionid"
CSRF_COOKIE_NAME = "__Host-csrf" if SECURE else "csrftoken"
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
# --- logs: only what base.logs declares is written -------------------------------------------------------------

DJANGO_STRUCTLOG_USER_ID_FIELD = ""
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False
DJANGO_STRUCTLOG_TRUST_UPSTREAM_REQUEST_ID = True  # base.requests has replaced what is not an id
DJANGO_STRUCTLOG_STATUS_START_LOG_LEVEL = logging.DEBUG
DJANGO_STRUCTLOG_CELERY_ENABLED = True
DJANGO_STRUCTLOG_CELERY_DEFAULT_LOG_LEVEL = logging.DEBUG
LOGGING = logs.config(env.text("LOG_LEVEL", "INFO"))

# --- words and times -------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]  # with catalogues of ours; a browser that asks for another gets no half-translated page
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
LOCALE_PATHS = [BASE_DIR / "locale"]
