"""Mail programs: Python's poplib, curl and mpop fetch mail from a running daemon, with and without TLS."""

import json
import poplib
import socket
import ssl
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.integration.certificates import make
from tests.integration.clients import Talk, new_address, queued, rest
from tests.integration.daemon import PYTHON, Daemon, environment, free_port

NAME = "mx.mail.test"
WORD = "correct horse battery"
MAIL = b"Subject: First\r\nFrom: robot@shop.example\r\n\r\nHello\r\n.dot\r\n..\r\nlast\r\n"
UNIX = b"Subject: Second\n\nbare\n.\nlines\n"


class Post(Daemon):
    """A daemon with POP3 on loopback, on a TLS port, and on all addresses, where signing in needs TLS."""

    def __init__(self) -> None:
        self.pop3, self.pop3s, self.open = free_port(), free_port(), free_port()
        super().__init__()
        certificate, key = make(self.folder, NAME, NAME)
        self.configure(
            {
                "pop3": {
                    "listen": [f"127.0.0.1:{self.pop3}", f"0.0.0.0:{self.open}"],
                    "listen_tls": [f"127.0.0.1:{self.pop3s}"],
                },
                "tls": {"certificates": [{"certificate": str(certificate), "key": str(key)}]},
            }
        )

    @property
    def certificate(self) -> Path:
        """What clients trust."""
        return self.folder / f"{NAME}.pem"

    @property
    def trust(self) -> ssl.SSLContext:
        """Give a context that believes the certificate; it is for a name, and the tests connect to an address."""
        context = ssl.create_default_context(cafile=str(self.certificate))
        context.check_hostname = False
        return context


@pytest.fixture(scope="module")
def post() -> Iterator[Post]:
    """Give it running."""
    with Post() as running:
        yield running


def send(post: Post, address: str, content: bytes) -> str:
    """Send a mail by SMTP; give the id of its message."""
    with Talk.begin(post) as talk:
        talk.offer("robot@shop.example", address)
        talk.send(content.replace(b"\r\n.", b"\r\n..") + (b".\r\n" if content.endswith(b"\r\n") else b"\r\n.\r\n"))
        return f"{queued(talk.reply())}-0"


def ctl(post: Post, *arguments: str, stdin: str = "") -> Any:
    """Run mailsockctl; give the JSON of its answer."""
    command = [PYTHON, "-m", "mailsockd.control.ctl", "--config", str(post.file), "--json", *arguments]
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, input=stdin, timeout=60, env=environment()
    )
    return json.loads(done.stdout)


def inbox(post: Post, address: str) -> list[str]:
    """Give the ids of the messages that are there."""
    return [message["_id"] for message in rest(post, "GET", f"/addresses/{address}/messages")]


@contextmanager
def signed_in(post: Post, address: str, password: str = "") -> Iterator[poplib.POP3]:
    """Give a client that has signed in with the account's key, or another password; it leaves with QUIT."""
    client = poplib.POP3("127.0.0.1", post.pop3, timeout=30)
    client.user(address)
    client.pass_(password or post.key)
    yield client
    client.quit()


def raw(post: Post, address: str, id: str) -> bytes:
    """Give a message as REST gives it."""
    request = urllib.request.Request(f"{post.url}/api/raw/{address}/{id}", headers={"Mailsac-Key": post.key})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return bytes(answer.read())


def in_lines(message: bytes) -> list[bytes]:
    """Give the lines that a mail program sees."""
    return message.replace(b"\r\n", b"\n").removesuffix(b"\n").split(b"\n")


def test_poplib_reads_and_deletes(post: Post) -> None:
    """What poplib reads is what REST gives, sizes are exact, ids are the same, and deletion is at QUIT."""
    address = new_address(post)
    ids = [send(post, address, content) for content in (MAIL, UNIX)]
    with signed_in(post, address) as client:
        assert client.uidl()[1] == [f"{number} {id}".encode() for number, id in enumerate(ids, 1)]
        assert client.stat()[0] == 2
        sizes = [int(line.split()[1]) for line in client.list()[1]]
        assert sum(sizes) == client.stat()[1]
        for number, id in enumerate(ids, 1):
            lines = client.retr(number)[1]
            assert lines == in_lines(raw(post, address, id))
            assert sizes[number - 1] == sum(len(line) + 2 for line in lines)
        assert client.top(1, 1)[1][-3:] == [b"From: robot@shop.example", b"", b"Hello"]
        client.dele(1)
        assert client.stat()[0] == 1
        client.rset()
        client.dele(2)
    with signed_in(post, address) as client:
        assert client.uidl()[1] == [f"1 {ids[0]}".encode()]
    assert inbox(post, address) == [ids[0]]


def test_a_connection_that_breaks_deletes_nothing(post: Post) -> None:
    """A client that vanishes without QUIT has deleted nothing."""
    address = new_address(post)
    send(post, address, MAIL)
    client = poplib.POP3("127.0.0.1", post.pop3, timeout=30)
    client.user(address)
    client.pass_(post.key)
    client.dele(1)
    client.close()
    with signed_in(post, address) as client:
        assert client.stat()[0] == 1


def test_an_address_has_a_password_of_its_own(post: Post) -> None:
    """The password that mailsockctl sets opens its address and no other, until it is taken away."""
    address, other = new_address(post), new_address(post)
    ctl(post, "address", "passwd", address, "--password-from-stdin", stdin=WORD + "\n")
    made = ctl(post, "address", "passwd", other)["password"]
    send(post, address, MAIL)
    with signed_in(post, address, WORD) as client:
        assert client.stat()[0] == 1
    for user, password in ((other, WORD), (address, "wrong horse battery"), (address, made)):
        with pytest.raises(poplib.error_proto, match="AUTH"), signed_in(post, user, password):
            pass
    with signed_in(post, other, made) as client:
        assert client.stat()[0] == 0
    ctl(post, "address", "passwd", address, "--clear")
    with pytest.raises(poplib.error_proto, match="AUTH"), signed_in(post, address, WORD):
        pass
    assert WORD not in post.log
    assert made not in post.log


def test_tls_by_stls_and_from_the_start(post: Post) -> None:
    """poplib signs in inside TLS both ways; where everybody can come, it is refused in the clear."""
    address = new_address(post)
    send(post, address, MAIL)
    secured = poplib.POP3_SSL("127.0.0.1", post.pop3s, timeout=30, context=post.trust)
    later = poplib.POP3("127.0.0.1", post.open, timeout=30)
    with pytest.raises(poplib.error_proto, match="needs TLS"):
        later.user(address)
    assert "STLS" in later.capa()
    later.stls(post.trust)
    for client in (secured, later):
        assert "STLS" not in client.capa()
        client.user(address)
        client.pass_(post.key)
        assert client.retr(1)[1][-1] == b"last"
        client.quit()


def test_a_large_message_does_not_fill_the_memory(post: Post) -> None:
    """Clients that ask for a large message and do not read it keep it on the disk; one that reads gets all of it."""
    address = new_address(post)
    content = b"Subject: Large\r\n\r\n" + (b"x" * 76 + b"\r\n") * 250_000
    send(post, address, content)
    waiting = []
    for _ in range(10):
        one = socket.create_connection(("127.0.0.1", post.pop3), 30)
        one.sendall(f"USER {address}\r\nPASS {post.key}\r\nRETR 1\r\n".encode())
        waiting.append(one)
    with signed_in(post, address) as client:
        before = post.memory()
        assert len(client.retr(1)[1]) == 250_005
    assert post.memory() - before < 40 << 20
    for one in waiting:
        one.close()


def run(*command: str) -> str:
    """Run a program; give what it wrote."""
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_curl_lists_and_reads(post: Post) -> None:
    """curl signs in by AUTH PLAIN, lists, reads and deletes, inside TLS and without."""
    address = new_address(post)
    id = send(post, address, MAIL)
    user = ("--silent", "--show-error", "--user", f"{address}:{post.key}")
    plain = f"pop3://127.0.0.1:{post.pop3}"
    listed = run("curl", *user, plain)
    assert listed.split() == ["1", str(len(raw(post, address, id)))]
    assert run("curl", *user, "--request", "UIDL", plain).split() == ["1", id]
    assert run("curl", *user, f"{plain}/1").splitlines()[-1] == "last"
    there = ("--cacert", str(post.certificate), "--connect-to", f"{NAME}::127.0.0.1:")
    assert run("curl", *user, *there, f"pop3s://{NAME}:{post.pop3s}/1").splitlines()[-4:] == [
        "Hello", ".dot", "..", "last",
    ]  # fmt: skip
    assert run("curl", *user, *there, "--ssl-reqd", f"pop3://{NAME}:{post.open}/1").splitlines()[-1] == "last"
    run("curl", *user, "--request", "DELE", "--list-only", f"{plain}/1")
    assert inbox(post, address) == []


def test_mpop_fetches_into_a_folder(post: Post) -> None:
    """mpop fetches mail it has not seen, keeps it on the server when told so, and deletes it else."""
    address = new_address(post)
    send(post, address, MAIL)
    folder = post.folder / "maildir"
    for name in ("cur", "new", "tmp"):
        (folder / name).mkdir(parents=True)
    file = post.folder / "mpoprc"
    file.write_text(
        f"account test\nhost 127.0.0.1\nport {post.open}\nuser {address}\npassword {post.key}\ntls on\n"
        f"tls_starttls on\ntls_trust_file {post.certificate}\ntls_host_override {NAME}\n"
        f"uidls_file {post.folder}/uidls\ndelivery maildir {folder}\nkeep on\n"
    )
    file.chmod(0o600)
    for keep, there in (("on", 1), ("on", 1), ("off", 0)):
        run("mpop", "--file", str(file), f"--keep={keep}", "test")
        assert len(inbox(post, address)) == there
    (mail,) = (folder / "new").iterdir()
    assert mail.read_text().endswith("Subject: First\nFrom: robot@shop.example\n\nHello\n.dot\n..\nlast\n")
