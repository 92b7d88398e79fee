"""Talking to the daemon: as a sender, as a program, and as a subscriber."""

import base64
import http.client
import json
import os
import smtplib
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

ADDRESS = "story@localhost"
HOST = "mail.example.org"  # in /etc/hosts it is this machine


@dataclass
class Daemon:
    """Where the daemon is, what proves who we are, and what proves who it is: None while it has no certificate."""

    smtp: int = 1025
    http: int = 8025
    key: str = ""
    trusted: ssl.SSLContext | None = None


daemon = Daemon()


def rest(method: str, path: str, body: Any = None) -> Any:
    """Make one call on a connection of its own."""
    connection: http.client.HTTPConnection
    if daemon.trusted is None:
        connection = http.client.HTTPConnection("127.0.0.1", daemon.http, timeout=60)
    else:
        connection = http.client.HTTPSConnection(HOST, daemon.http, timeout=60, context=daemon.trusted)
    content = None if body is None else json.dumps(body)
    connection.request(method, path, content, {"Mailsac-Key": daemon.key, "Content-Type": "application/json"})
    reply = connection.getresponse()
    answer = reply.read()
    connection.close()
    assert reply.status == 200, f"{method} {path}: {reply.status} {answer!r}"
    return json.loads(answer)


def sender() -> smtplib.SMTP:
    """Connect and say EHLO, inside TLS where there is a certificate."""
    smtp = smtplib.SMTP(HOST if daemon.trusted else "127.0.0.1", daemon.smtp, timeout=60)
    smtp.ehlo()
    if daemon.trusted is not None:
        smtp.starttls(context=daemon.trusted)
        smtp.ehlo()
    return smtp


def send(smtp: smtplib.SMTP, subject: str, address: str = ADDRESS) -> str:
    """Send a mail and give its id; raises when it was not acknowledged."""
    smtp.mail("sender@example.org")
    code, text = smtp.rcpt(address)
    if code != 250:
        raise smtplib.SMTPRecipientsRefused({address: (code, text)})
    code, text = smtp.data(f"Subject: {subject}\r\n\r\nIt works.\r\n")
    assert code == 250, text
    return text.decode().rpartition(" ")[2]


def mail(subject: str, address: str = ADDRESS) -> str:
    """Send a mail on a connection of its own."""
    with sender() as smtp:
        return send(smtp, subject, address)


def stored(address: str = ADDRESS) -> set[str]:
    """Give the ids of the mail that is there, without their numbers."""
    messages = rest("GET", f"/api/addresses/{address}/messages?limit=1000")
    return {message["_id"].rpartition("-")[0] for message in messages}


@contextmanager
def load(senders: int, callers: int = 0) -> Iterator[tuple[list[str], list[int]]]:
    """
    Send mail and make calls all the while: gives the ids that were acknowledged, and the number of calls in a list.

    A sender that is not served tries again; a call that is not answered is an error, which ends the story.
    """
    acknowledged: list[str] = []
    answered = [0]
    failures: list[Exception] = []
    over = threading.Event()

    def sends() -> None:
        while not over.is_set():
            try:
                acknowledged.append(mail("load"))
            except (OSError, smtplib.SMTPException, AssertionError):  # nothing was promised
                time.sleep(0.02)

    def calls() -> None:
        while not over.is_set():
            try:
                rest("GET", "/api/me")
                answered[0] += 1
            except Exception as error:
                failures.append(error)

    works: list[Callable[[], None]] = [sends] * senders + [calls] * callers
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    try:
        yield acknowledged, answered
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert not failures, failures[:3]


class WebSocket:
    """As much of a client as the story needs."""

    def __init__(self, address: str = ADDRESS) -> None:
        self.socket = socket.create_connection(("127.0.0.1", daemon.http), 60)
        if daemon.trusted is not None:
            self.socket = daemon.trusted.wrap_socket(self.socket, server_hostname=HOST)
        self._input = self.socket.makefile("rb")
        nonce = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET /incoming-messages?key={daemon.key}&addresses={address} HTTP/1.1\r\nHost: localhost\r\n"
            f"Upgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {nonce}\r\n\r\n".encode()
        )
        assert self._input.readline().startswith(b"HTTP/1.1 101 ")
        while self._input.readline().strip():
            pass
        assert json.loads(self.frame()[1])["msg"] == "Listening"

    def frame(self) -> tuple[int, bytes]:
        """Take a frame that is no Ping: its opcode and its content."""
        while True:
            first, length = self._input.read(2)
            if length > 125:
                form = ">H" if length == 126 else ">Q"
                (length,) = struct.unpack(form, self._input.read(struct.calcsize(form)))
            content = self._input.read(length)
            if first & 15 != 9:
                return first & 15, content

    def message(self) -> Any:
        """Take the frame of a message."""
        opcode, content = self.frame()
        assert opcode == 1, content
        return json.loads(content)

    def end(self) -> int:
        """Take the frame that closes, and give its code."""
        opcode, content = self.frame()
        assert opcode == 8, content
        return int.from_bytes(content[:2], "big")
