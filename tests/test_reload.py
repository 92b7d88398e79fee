"""A configuration that is read again: what is taken over, what has to wait, and what is refused as a whole."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest
from twisted.internet.defer import Deferred, maybeDeferred

from mailsockd.actions.refusal import Refusal
from mailsockd.actions.reloaded import Reloaded
from mailsockd.config import Config, ConfigError, parse
from mailsockd.reload import LIVE, Live, Loaded, is_live, load_files, settings
from tests.test_tls import make


def in_thread(function: Callable[..., Any], *arguments: Any) -> "Deferred[Any]":
    return maybeDeferred(function, *arguments)


class House:
    """A Live whose configuration is a text that the test changes."""

    def __init__(self, text: str = "hostname: mx.test\n") -> None:
        self.text = text
        self.told: list[Loaded] = []
        self.words: list[str] = []
        self.live = Live(load_files(self.read()), self.read, in_thread)
        self.live.follow(self.told.append)
        self.live.tell(self)

    def read(self) -> Config:
        return parse(self.text, "x.yaml")

    def reloading(self) -> None:
        self.words.append("reloading")

    def ready(self) -> None:
        self.words.append("ready")

    def reload(self, text: str | None = None) -> Reloaded:
        if text is not None:
            self.text = text
        results: list[Any] = []
        self.live.reload().addBoth(results.append)
        (result,) = results
        if isinstance(result, Reloaded):
            return result
        raise result.value

    def refusal(self, text: str) -> str:
        with pytest.raises(Refusal) as raised:
            self.reload(text)
        assert raised.value.status == 400
        return raised.value.message


def test_the_same_again_changes_nothing() -> None:
    """Nothing new is said to be nothing new, and the manager hears of both ends."""
    house = House()
    assert house.reload() == Reloaded("x.yaml", (), ())
    assert house.words == ["reloading", "ready"]


def test_what_can_is_taken_over_and_the_rest_is_named() -> None:
    """A limit is in force at once, and a listener, the host's name and the relay wait for a restart."""
    house = House()
    text = "hostname: other.test\nsmtp: {listen: []}\nlimits: {recipients: 7}\nrelay: {host: relay.test}\n"
    assert house.reload(text) == Reloaded(
        "x.yaml", ("limits.recipients",), ("hostname", "smtp.listen", "relay.host")
    )
    config = house.live.config
    assert (config.limits.recipients, config.hostname, config.relay.host) == (7, "mx.test", None)
    assert config.smtp.listen == ("127.0.0.1:1025", "[::1]:1025")
    assert [loaded.config for loaded in house.told] == [config]


def test_what_waits_is_named_until_the_restart() -> None:
    """The comparison is with what the start read, however often it is made."""
    house = House()
    for _ in range(2):
        assert house.reload("hostname: other.test\n").waiting == ("hostname",)
    assert house.reload("hostname: mx.test\n").waiting == ()


def test_a_bad_file_changes_nothing() -> None:
    """The reason is the answer, nobody is told of anything, and the manager is told that it is over."""
    house = House()
    assert house.refusal("limits: {recipients: 0}\n") == (
        "x.yaml:1: limits.recipients: must be a whole number from 1 to 10000 (what was in force stays)"
    )
    assert house.live.config == parse("hostname: mx.test\n", "x.yaml")
    assert house.told == []
    assert house.words == ["reloading", "ready"]
    assert house.reload("hostname: mx.test\nlimits: {recipients: 9}\n").taken == ("limits.recipients",)


def test_certificates_stay_while_a_listener_needs_them(tmp_path: Path) -> None:
    """A file that is good for a new start, but leaves the listeners of now without a certificate, is refused."""
    certificate, key = make(tmp_path, "mx.test")
    pair = f"tls: {{certificates: [{{certificate: {certificate}, key: {key}}}]}}\n"
    house = House("hostname: mx.test\nhttp: {listen_tls: ['127.0.0.1:1']}\n" + pair)
    assert house.refusal("hostname: mx.test\n") == (
        "x.yaml: http.listen_tls: needs tls.certificates, as long as what needs a restart is as it was"
        " (what was in force stays)"
    )
    assert len(house.live.certificates) == 1


def test_a_renewed_certificate_is_taken_over(tmp_path: Path) -> None:
    """Other content under the same path is news; what is half written is refused and the old one stays."""
    certificate, key = make(tmp_path, "mx.test")
    house = House(f"tls: {{certificates: [{{certificate: {certificate}, key: {key}}}]}}\n")
    (old,) = house.live.certificates
    assert house.reload().taken == ()
    make(tmp_path, "mx.test")
    assert house.reload().taken == ("tls.certificates",)
    (new,) = house.live.certificates
    assert new.fingerprint != old.fingerprint
    assert house.told[-1].certificates == (new,)
    Path(key).write_text("")
    assert house.refusal(house.text) == (
        f"x.yaml:1: tls.certificates: {key}: it is not a PEM key without a passphrase (what was in force stays)"
    )
    assert house.live.certificates == (new,)


def test_lists_are_read_again(tmp_path: Path) -> None:
    """The denylist's file and that of the disposable domains count by what is in them; the relay's password waits."""
    denied, disposable, password = (tmp_path / name for name in ("denied", "disposable", "password"))
    denied.write_text("a.test\n")
    disposable.write_text("t.test\n")
    password.write_text("one\n")
    house = House(
        f"domains: [mx.test]\nsmtp: {{denylist: {denied}}}\nvalidation: {{disposable_domains: {disposable}}}\n"
        f"relay: {{host: localhost, username: u, password_file: {password}}}\n"
    )
    denied.write_text("a.test\nb.test\n")
    disposable.write_text("u.test\n")
    password.write_text("two\n")
    names = ("smtp.denylist", "validation.disposable_domains")
    assert house.reload() == Reloaded("x.yaml", names, ("relay.password_file",))
    assert house.told[-1].denied == ("a.test", "b.test")
    assert house.told[-1].disposable == {"u.test", "mx.test"}
    assert house.reload() == Reloaded("x.yaml", (), ("relay.password_file",))


def test_every_name_that_is_taken_over_is_a_setting() -> None:
    """LIVE names settings and sections that are there, and no listener or folder among them."""
    names = {name for name, _ in settings(Config)}
    sections = {name.partition(".")[0] for name in names if "." in name}
    assert names | sections >= LIVE
    assert not [name for name in names if is_live(name) and (".listen" in name or name in ("data", "state", "control"))]


def test_the_first_configuration_is_not_read_with_files_that_are_not_there(tmp_path: Path) -> None:
    """A file that is named and missing is a ConfigError with its setting."""
    config = attrs.evolve(parse("{}", "x.yaml"), smtp=parse(f"smtp: {{denylist: {tmp_path}/no}}", "x.yaml").smtp)
    with pytest.raises(ConfigError) as raised:
        load_files(config)
    assert str(raised.value) == f"x.yaml: smtp.denylist: {tmp_path}/no cannot be read: No such file or directory"
