"""Behind nginx, Apache and HAProxy, each with the very configuration that docs/proxies.md has."""

import http.client
import json
import os
import re
import ssl
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from websockets.sync.client import connect

from tests.integration.certificates import make
from tests.integration.clients import frame, new_address
from tests.integration.daemon import ROOT, Daemon, free_port, open_port
from tests.integration.test_denylist import code
from tests.integration.waiting import until

HOST = "mail.example.org"


def adapted(name: str, daemon: Daemon, port: int, folder: Path) -> str:
    """Give the configuration of the repository with other ports and paths; everything else is as it is."""
    text = (ROOT / "etc/proxies" / name).read_text()
    for pattern, value in (
        (r"127\.0\.0\.1:8025", f"127.0.0.1:{daemon.http}"),
        (r"/etc/letsencrypt/live/[a-z.]*/fullchain\.pem", f"{folder}/pair.pem"),
        (r"/etc/letsencrypt/live/[a-z.]*/privkey\.pem", f"{folder}/pair.key"),
        (r"/etc/haproxy/certs/[a-z.]*\.pem", f"{folder}/both.pem"),
        (r"/var/log/[a-z0-9]*/", f"{folder}/"),
        (r"listen \[::\]:443", f"listen [::1]:{port}"),
        (r"listen 443", f"listen 127.0.0.1:{port}"),
        (r":::443 v4v6", f"127.0.0.1:{port}"),
        (r"\*:443", f"127.0.0.1:{port}"),
    ):
        text = re.sub(pattern, value, text)
    assert "443" not in re.sub(r"\b\d{5}\b", "", text)
    return text


def nginx(daemon: Daemon, port: int, folder: Path) -> list[str]:
    (folder / "site.conf").write_text(adapted("nginx.conf", daemon, port, folder))
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "main.conf").write_text(
        f"{user} daemon off; pid {folder}/pid; error_log {folder}/main-error.log; events {{}}\n"
        f"http {{ access_log off; {temporary} include {folder}/site.conf; }}\n"
    )
    return ["/usr/sbin/nginx", "-c", str(folder / "main.conf"), "-p", str(folder)]


def apache(daemon: Daemon, port: int, folder: Path) -> list[str]:
    (folder / "site.conf").write_text(adapted("apache.conf", daemon, port, folder))
    modules = ("mpm_event", "authz_core", "ssl", "proxy", "proxy_http", "proxy_wstunnel", "headers", "socache_shmcb")
    loaded = "".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n" for name in modules)
    (folder / "main.conf").write_text(
        f"{loaded}ServerName localhost\nServerRoot {folder}\nPidFile {folder}/pid\nErrorLog {folder}/main-error.log\n"
        f"DefaultRuntimeDir {folder}\nMutex file:{folder}\nListen 127.0.0.1:{port}\nUser nobody\nGroup nogroup\n"
        f"Include {folder}/site.conf\n"
    )
    return ["/usr/sbin/apache2", "-DFOREGROUND", "-f", str(folder / "main.conf")]


def haproxy(daemon: Daemon, port: int, folder: Path) -> list[str]:
    (folder / "both.pem").write_text((folder / "pair.pem").read_text() + (folder / "pair.key").read_text())
    head = "global\n    log stdout format raw local0\ndefaults\n    log global\n"
    (folder / "main.cfg").write_text(head + adapted("haproxy.cfg", daemon, port, folder))
    return ["/usr/sbin/haproxy", "-db", "-f", str(folder / "main.cfg")]


@contextmanager
def running(command: list[str], port: int, folder: Path) -> Iterator[None]:
    with (folder / "output.log").open("ab") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        until(lambda: open_port(port) or process.poll() is not None, "the proxy listens", 30)
        assert process.poll() is None, logs(folder)
        yield
    finally:
        process.terminate()
        process.wait(30)


def logs(folder: Path) -> str:
    return "".join(path.read_text("utf-8", "replace") for path in sorted(folder.glob("*.log")))


def ask(port: int, context: ssl.SSLContext, path: str, **headers: str) -> tuple[int, Any, Any]:
    """Ask the proxy by its name, as a browser does; give status, headers and body."""
    given = {"Host": f"{HOST}:{port}", **{name.replace("_", "-"): value for name, value in headers.items()}}
    request = urllib.request.Request(f"https://127.0.0.1:{port}{path}", headers=given)
    try:
        with urllib.request.urlopen(request, timeout=30, context=context) as reply:
            return reply.status, reply.headers, reply.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read()


@pytest.mark.parametrize("proxy", [nginx, apache, haproxy])
def test_everything_works_behind_a_proxy(proxy: Callable[[Daemon, int, Path], list[str]], tmp_path: Path) -> None:
    """REST, the socket and pages by TLS; the client's address is the client's; no log has the key of a query."""
    folder = tmp_path
    folder.chmod(0o755)
    make(folder, "pair", "127.0.0.1")
    context = ssl.create_default_context(cafile=str(folder / "pair.pem"))
    context.check_hostname = False
    port = free_port()
    with Daemon({"http": {"proxies": ["127.0.0.1"]}}) as daemon:
        address = new_address(daemon)
        with running(proxy(daemon, port, folder), port, folder):
            until(lambda: ask(port, context, "/healthz")[0] == 200, "the proxy finds the daemon", 30)

            status, _, body = ask(port, context, "/api/me", Mailsac_Key=daemon.key, X_Forwarded_For="203.0.113.9")
            assert (status, json.loads(body)["_id"]) == (200, daemon.account)
            url = f"wss://127.0.0.1:{port}/incoming-messages?key={daemon.key}&addresses={address}"
            with connect(url, ssl=context, server_hostname=HOST, max_size=None) as connection:
                assert frame(connection)["msg"] == "Listening"
                assert code(daemon, address, "a@shop.example") == 250
                assert frame(connection)["to"] is not None

            status, _, body = ask(port, context, "/incoming-messages")
            assert (status, json.loads(body)["status"]) == (426, 426)

            form = {"Content_Type": "application/x-www-form-urlencoded", "Origin": f"https://{HOST}:{port}"}
            status, headers, _ = sign_in(port, context, daemon, form)
            assert status == 303
            assert "; Secure" in headers["Set-Cookie"]
            status, _, _ = sign_in(port, context, daemon, {**form, "Origin": "https://evil.example"})
            assert status == 403
        said = logs(folder)
        assert "/incoming-messages" in said
        for text in (said, daemon.log):
            assert daemon.key not in text
        # The client is this machine, whatever it says of itself, and TLS was the proxy's.
        assert "203.0.113.9" not in daemon.log
        assert re.search(r"127\.0\.0\.1 GET /api/me 200", daemon.log)


def sign_in(port: int, context: ssl.SSLContext, daemon: Daemon, headers: dict[str, str]) -> tuple[int, Any, Any]:
    """Send the form of the sign-in page."""
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=30, context=context)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    fields = urlencode({"name": daemon.account, "account": daemon.account, "password": daemon.password})
    connection.request("POST", "/login", fields, {"Host": f"{HOST}:{port}", **named})
    reply = connection.getresponse()
    content = reply.read()
    connection.close()
    return reply.status, reply.headers, content
