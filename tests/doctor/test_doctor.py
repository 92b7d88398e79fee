"""What the doctor finds, and that each finding says how it is mended."""

import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mailsockd.config import Config, parse
from mailsockd.doctor import exposure, machine, names, ports
from mailsockd.doctor.finding import Finding, Level
from mailsockd.selfsigned import self_signed
from mailsockd.state.proof import Answers

NOW = 1_800_000_000.0


def config(text: str) -> Config:
    return parse(text, "x.yaml")


def seen(findings: list[Finding]) -> dict[str, tuple[str, str]]:
    for one in findings:
        assert one.fix or one.level in (Level.GOOD, Level.UNSURE), one
    return {one.what: (one.level.value, one.text) for one in findings}


def looked(**domains: Answers) -> Callable[[str], Answers]:
    return lambda domain: domains[domain.partition(".")[0]]


PUBLIC = "hostname: mx.one.test\nsmtp: {listen: ['0.0.0.0:25']}\n"


def test_a_server_for_strangers_needs_its_names() -> None:
    """Hostname and MX are compared with what the DNS has; what it cannot say is unsure."""
    domains = "domains: [one.test, two.test, three.test, four.test, mx.one.test, localhost]\n"
    look = looked(
        one=Answers(mx=((10, "mx.one.test"),)),
        two=Answers(mx=((5, "other.test"),)),
        three=Answers(mx=()),
        four=Answers(mx=None, mx_trouble="no DNS server answered within 5 seconds"),
        mx=Answers(mx=()),
    )
    assert seen(names.names(config(PUBLIC + domains), True, look, lambda host: ["192.0.2.1"])) == {
        "hostname": ("good", "mx.one.test is 192.0.2.1"),
        "MX of one.test": ("good", "mail goes to mx.one.test"),
        "MX of two.test": ("bad", "mail goes to other.test, and this server is mx.one.test"),
        "MX of three.test": ("bad", "there is none"),
        "MX of four.test": ("unsure", "no DNS server answered within 5 seconds"),
        "MX of mx.one.test": ("good", "there is none, so mail goes to its address, which is this server's"),
    }


def test_the_dns_is_not_asked_for_a_private_server() -> None:
    """On loopback names have no part in it."""
    (found,) = names.names(config("{}"), False, looked(), lambda host: [])
    assert (found.level, found.what) == (Level.GOOD, "DNS")


def test_a_host_without_an_address_or_a_dot_is_not_found() -> None:
    """Both are named with what to add."""

    def nothing(host: str) -> list[str]:
        raise socket.gaierror(-2, "Name or service not known")

    one = names.names(config(PUBLIC + "domains: [localhost]\n"), True, looked(), nothing)
    assert [(found.level, found.fix) for found in one] == [
        (Level.BAD, "add an A or AAAA record for mx.one.test to the DNS")
    ]
    two = names.names(config("hostname: localhost\n"), True, looked(), nothing)
    assert seen(two) == {"hostname": ("bad", "localhost is no name that others could find")}


def write(folder: Path, host: str, now: float) -> str:
    for name, content in zip(("pem", "key"), self_signed([host], now), strict=True):
        (folder / f"{host}.{name}").write_bytes(content)
        (folder / f"{host}.{name}").chmod(0o640)
    return f"{{certificate: {folder}/{host}.pem, key: {folder}/{host}.key}}"


def test_certificates_are_looked_at(tmp_path: Path) -> None:
    """One that ends soon, one that has ended, one that cannot be read and a key that everybody may read are found."""
    year = 365 * 86_400.0
    pairs = [
        write(tmp_path, "good.test", NOW),
        write(tmp_path, "soon.test", NOW - year + 5 * 86_400),
        write(tmp_path, "ended.test", NOW - year - 86_400),
        f"{{certificate: {tmp_path}/none, key: {tmp_path}/none}}",
    ]
    (tmp_path / "good.test.key").chmod(0o644)
    text = f"hostname: mx.test\ntls: {{certificates: [{', '.join(pairs)}]}}\n"
    found = names.certificates(config(text), True, NOW)
    assert [(one.level.value, one.text) for one in found] == [
        ("good", f"{tmp_path}/good.test.pem for good.test is good until 2028-01-15"),
        ("warning", f"everybody may read {tmp_path}/good.test.key"),
        ("warning", f"{tmp_path}/soon.test.pem ends on 2027-01-20"),
        ("bad", f"{tmp_path}/ended.test.pem has ended on 2027-01-14"),
        ("bad", f"{tmp_path}/none: cannot be read: No such file or directory"),
    ]
    seen(found)


def test_what_is_open_to_strangers_is_said() -> None:
    """Open inboxes, HTTP without TLS, inboxes without a key and metrics are warnings, each with its way out."""
    text = PUBLIC + (
        "http: {listen: ['0.0.0.0:80']}\napi: {anonymous_public: true}\nmetrics: {listen: ['0.0.0.0:9125']}\n"
    )
    assert list(seen(exposure.exposure(config(text)))) == ["open inboxes", "http", "public inboxes", "metrics"]
    assert seen(exposure.exposure(config("{}"))) == {
        "exposure": ("good", "nothing is open to strangers that should not be")
    }
    closed = PUBLIC + "inboxes: {unreserved: reject}\n"
    assert list(seen(exposure.exposure(config(closed)))) == ["exposure"]


def test_the_holder_of_a_port_is_named() -> None:
    """Another program on the port is bad and named, the daemon itself is good, and a free port is good."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen(1)
        port = held.getsockname()[1]
        text = config(f"smtp: {{listen: ['127.0.0.1:{port}']}}\nhttp: {{listen: []}}\ncapture: {{listen: []}}\n")
        what = f"smtp.listen 127.0.0.1:{port}"
        (found,) = ports.ports(text, None)
        name = Path("/proc/self/comm").read_text().strip()
        assert (found.level, found.text) == (Level.BAD, f"{name} (process {os.getpid()}) listens there")
        assert seen(ports.ports(text, os.getpid())) == {what: ("good", "the daemon listens")}
    assert seen(ports.ports(text, None)) == {what: ("good", "the port is free")}
    assert seen(ports.ports(text, os.getpid())) == {what: ("bad", "the daemon runs and does not listen")}


def test_mail_servers_are_known_by_the_name_of_their_unit(tmp_path: Path) -> None:
    """Postfix's process is called master: the advice is about postfix, and where both can live."""
    process = tmp_path / "77"
    (process / "fd").mkdir(parents=True)
    (process / "comm").write_text("master\n")
    (process / "fd" / "3").symlink_to("socket:[4711]")
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "tcp").write_text(
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
        "   0: 00000000:0019 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1\n"
        "   1: 0100007F:0019 0200007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 4712 1\n"
    )
    assert ports.holder_of(25, tmp_path) == (77, "master")
    assert ports.holder_of(26, tmp_path) is None
    found = ports._taken("smtp.listen 0.0.0.0:25", 25, OSError(98, "in use"), (77, "master"), None)
    assert "systemctl disable --now postfix" in found.fix
    assert "docs/beside-another-mail-server.md" in found.fix


def test_an_address_of_another_machine_is_not_listened_on() -> None:
    """It is named as such."""
    (found,) = ports.ports(
        config("smtp: {listen: ['192.0.2.77:2525']}\nhttp: {listen: []}\ncapture: {listen: []}\n"), None
    )
    assert (found.level, found.text) == (Level.BAD, "this machine has no such address")


def test_the_data_folder_is_looked_at(tmp_path: Path) -> None:
    """A folder that everybody may enter, a disk below the reserve and a bound beyond the disk are found."""
    tmp_path.chmod(0o755)
    found = seen(machine.disk(config(f"data: {tmp_path}\n")))
    assert found[f"data {tmp_path}"] == ("warning", "everybody may look into it (mode 755)")
    tmp_path.chmod(0o750)
    full = seen(machine.disk(config(f"data: {tmp_path}\nretention: {{free_disk: 1125899906842624}}\n")))
    assert full["disk"][0] == "bad"
    assert full[f"data {tmp_path}"][0] == "good"
    large = seen(machine.disk(config(f"data: {tmp_path}\nretention: {{total_bytes: 1125899906842624}}\n")))
    assert large["disk"][0] == "warning"


def test_a_network_file_system_is_bad(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it costs is said."""
    monkeypatch.setattr("mailsockd.filesystem.kind", lambda folder: "nfs4")
    found = seen(machine.disk(config(f"data: {tmp_path}/not/there/yet\n")))
    assert found["file system"][0] == "bad"
    assert found[f"data {tmp_path}/not/there/yet"][0] == "unsure"


@pytest.mark.parametrize(("unsynchronised", "level"), [(True, "warning"), (False, "good")])
def test_the_clock_is_looked_at(monkeypatch: pytest.MonkeyPatch, unsynchronised: bool, level: str) -> None:
    """The kernel says whether anybody keeps it right."""
    monkeypatch.setattr(machine, "_adjtimex", lambda: unsynchronised)
    monkeypatch.setattr(time, "time", lambda: NOW)
    assert machine.clock().level.value == level
    monkeypatch.setattr(time, "time", lambda: 1000.0)
    assert (machine.clock().level, machine.clock().text) == (Level.BAD, "it says 1970-01-01")


def test_the_kernel_answers() -> None:
    """The question to the kernel has an answer on this machine, whichever it is."""
    assert machine._adjtimex() in (True, False)


def test_open_files_are_compared_with_the_limits() -> None:
    """This process's limit is below a million connections, and above none."""
    many = config("websocket: {connections: 1000000}\nlimits: {smtp_connections: 1000000}\n")
    assert machine.files(many, os.getpid()).level is Level.WARNING
    few = config(
        "websocket: {connections: 1}\nlimits: {smtp_connections: 1}\npop3: {connections: 1}\n"
    )
    assert machine.files(few, os.getpid()).level is Level.GOOD
    assert machine.files(few, None).level is Level.UNSURE
