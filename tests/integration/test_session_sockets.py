"""Sockets that a browser opens with its session, of a daemon that runs."""

import json
import urllib.request
from typing import Any
from urllib.parse import urlencode

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.integration.clients import SECONDS, Talk, new_address
from tests.integration.daemon import Daemon


class Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirection, so that its cookies can be read."""

    def redirect_request(self, *args: Any) -> None:
        """Give nothing to follow."""


def form(daemon: Daemon, path: str, fields: dict[str, str], cookie: str = "") -> str:
    """Send a form as a page of the daemon does, and give the session that the answer sets."""
    headers = {"Origin": daemon.url, "Cookie": cookie}
    request = urllib.request.Request(daemon.url + path, urlencode(fields).encode(), headers)
    with pytest.raises(urllib.error.HTTPError) as answer:
        urllib.request.build_opener(Stay).open(request, timeout=SECONDS)
    with answer.value as reply:
        assert reply.code == 303
        return str(reply.headers["Set-Cookie"]).partition(";")[0]


def open_socket(daemon: Daemon, cookie: str, origin: str | None, address: str) -> ClientConnection:
    """Open a socket with a cookie from a page of some origin."""
    return connect(
        f"{daemon.socket_url}?addresses={address}",
        additional_headers={"Cookie": cookie},
        origin=origin,
        compression=None,
    )


def test_a_page_listens_with_its_session_until_it_signs_out(daemon: Daemon) -> None:
    """A page of this very site listens with the cookie alone, and its socket is closed when the session ends."""
    address = new_address(daemon)
    cookie = form(daemon, "/login", {"name": daemon.account, "password": daemon.password})
    with open_socket(daemon, cookie, daemon.url, address) as connection:
        assert json.loads(connection.recv(SECONDS))["msg"] == "Listening"
        with Talk.begin(daemon) as talk:
            talk.mail("a@shop.example", address, b"Subject: Hello\r\n\r\nText\r\n")
        assert json.loads(connection.recv(SECONDS))["subject"] == "Hello"
        request = urllib.request.Request(f"{daemon.url}/dashboard", headers={"Cookie": cookie})
        with urllib.request.urlopen(request, timeout=SECONDS) as page:
            token = page.read().decode().partition('name="csrf" content="')[2][:64]
        form(daemon, "/logout", {"_csrf": token}, cookie)
        with pytest.raises(ConnectionClosed) as closed:
            connection.recv(SECONDS)
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1008, "the browser's session is over")
    with open_socket(daemon, cookie, daemon.url, address) as connection:
        assert json.loads(connection.recv(SECONDS))["status"] == 401


@pytest.mark.parametrize(
    "origin", [None, "http://evil.example", "null", "https://127.0.0.1:HTTP", "http://127.0.0.1:1"]
)
def test_a_page_of_another_site_cannot_use_the_session(daemon: Daemon, origin: str | None) -> None:
    """A cookie that another site's page, or none, has the browser send says nothing."""
    address = new_address(daemon)
    cookie = form(daemon, "/login", {"name": daemon.account, "password": daemon.password})
    origin = origin and origin.replace("HTTP", str(daemon.http))
    with open_socket(daemon, cookie, origin, address) as connection:
        refusal = json.loads(connection.recv(SECONDS))
    assert (refusal["status"], refusal["error"]) == (401, "Not authorized. You may need to log in first.")
