"""The real web server, with the configuration it is started with."""

import os
import socket
import subprocess
import sys
import time
from http.client import HTTPConnection
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def start(folder: Path, *flags: str, **environment: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", *flags, "backoffice.wsgi"]
    variables = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "backoffice.settings",
        "DATABASE_URL": f"sqlite:///{folder}/none.sqlite3",
        "VAR_DIR": str(folder),
        "DEMO": "1",
        **environment,
    }
    return subprocess.Popen(
        command, cwd=ROOT, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


@pytest.mark.parametrize("foreign", ["0.0.0.0", "[::]"])  # noqa: S104 - what must be refused
@pytest.mark.parametrize("how", ["variable", "flag"])
def test_a_demonstration_does_not_bind_what_others_can_reach(tmp_path: Path, foreign: str, how: str) -> None:
    if foreign == "[::]" and not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    port = free_port()
    server = (
        start(tmp_path, BIND=foreign, PORT=str(port))
        if how == "variable"
        else start(tmp_path, "--bind", f"{foreign}:{port}", PORT=str(port))
    )
    try:
        said, _nothing = server.communicate(timeout=40)
    finally:
        server.kill()
    assert server.returncode not in (0, -9)
    assert "DEMO=1 binds the loopback interface only" in said
    assert "Unset DEMO, or BIND" in said


def test_a_demonstration_that_runs_answers_this_machine_and_nobody_a_proxy_names(tmp_path: Path) -> None:
    port = free_port()
    server = start(tmp_path, PORT=str(port), ALLOWED_HOSTS="localhost,127.0.0.1,demo.example.com")
    try:
        assert answered(port, {}) == 200
        assert answered(port, {"Host": "demo.example.com"}) == 403
        assert answered(port, {"X-Forwarded-For": "192.0.2.7"}) == 403
    finally:
        server.terminate()
        server.communicate(timeout=20)


def test_the_server_writes_nothing_into_the_home_folder(tmp_path: Path) -> None:
    home, port = tmp_path / "home", free_port()
    home.mkdir()
    server = start(tmp_path, PORT=str(port), HOME=str(home), XDG_RUNTIME_DIR="")
    try:
        assert answered(port, {}) == 200
        assert list(home.rglob("*")) == []
    finally:
        server.terminate()
        said, _nothing = server.communicate(timeout=20)
    assert f"Listening at: http://127.0.0.1:{port} ({server.pid})" in said
    assert "Booting worker with pid: " in said


def answered(port: int, headers: dict[str, str]) -> int:
    """The status of /healthz, waiting for the server to come up."""
    for _each in range(200):
        try:
            link = HTTPConnection("127.0.0.1", port, timeout=10)
            link.request("GET", "/healthz", headers=headers)
            return link.getresponse().status
        except ConnectionRefusedError:
            time.sleep(0.1)
        finally:
            link.close()
    raise AssertionError("the web server does not come up")
