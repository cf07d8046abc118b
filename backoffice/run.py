"""`make run`: from an empty folder to a running back office, and on the next start the same in seconds."""

import os
import secrets
import socket
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")
    os.chdir(ROOT)
    if write_secrets(ROOT / ".env"):
        say("Made up the secrets of this installation: .env (keep it, and keep it apart from backups of the data).")
    from django.conf import settings

    if taken(settings.BIND, settings.PORT):
        raise SystemExit(f"Something listens on port {settings.PORT} already. Choose another: make run PORT=8001")
    prepare()
    host = "localhost" if settings.BIND == "127.0.0.1" else settings.BIND
    say(f"\nOpen http://{host}:{settings.PORT}/admin/   (Ctrl-C stops everything)\n")
    honcho = ["-m", "honcho", "-e", os.devnull, "start", "-p", str(settings.PORT)]
    os.execv(sys.executable, [sys.executable, *honcho])  # noqa: S606 - becomes honcho, which gets the Ctrl-C


def write_secrets(path: Path) -> bool:
    """The ignored .env, once: a demonstration with secrets of its own."""
    if path.exists():
        return False
    lines = [
        "# Made up on the first `make run`. What the environment says comes first.",
        "DEMO=1",
        f"SECRET_KEY={secrets.token_urlsafe(50)}",
        f"FIELD_KEYS=k1:{secrets.token_hex(32)}",
        f"CHECKPOINT_KEY={secrets.token_hex(32)}",
        f"METRICS_TOKEN={secrets.token_urlsafe(32)}",
    ]
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    return True


def prepare() -> None:
    """Database, cache table, static files, demonstration data; each is nothing when done already."""
    import django
    from django.conf import settings
    from django.core.management import CommandError, call_command

    Path(settings.VAR).mkdir(mode=0o700, parents=True, exist_ok=True)
    django.setup()
    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    if settings.DEMO:
        try:
            call_command("demo")
        except CommandError as error:
            say(str(error))


def taken(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
