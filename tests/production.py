"""manage.py with made-up production settings: `python -m tests.production check --deploy`."""

import os
import secrets
import sys
import tempfile

from django.core.management import execute_from_command_line

PRODUCTION = {
    "DEMO": "0",
    "ALLOWED_HOSTS": "backoffice.example.com",
    "DATABASE_URL": "postgres://backoffice:made-up@db.example.com/backoffice",
    "CELERY_BROKER_URL": "redis://broker.example.com:6379/0",
    "CACHE_URL": "redis://cache.example.com:6379/1",
    "EMAIL_URL": "smtp://backoffice:made-up@mail.example.com",
    "PROXIES": "1",
}

if __name__ == "__main__":
    os.environ |= PRODUCTION
    os.environ["SECRET_KEY"] = secrets.token_urlsafe(50)
    os.environ["FIELD_KEYS"] = "k1:" + secrets.token_hex(32)
    os.environ["CHECKPOINT_KEY"] = secrets.token_hex(32)
    os.environ["METRICS_TOKEN"] = secrets.token_hex(24)
    os.environ["DJANGO_SETTINGS_MODULE"] = "backoffice.settings"
    with tempfile.TemporaryDirectory() as folder:
        os.environ["VAR_DIR"] = folder
        execute_from_command_line(sys.argv)
