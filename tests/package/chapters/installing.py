"""It comes, is replaced, and goes."""

import re
from pathlib import Path

from chapters.machine import APT, CACHE, DATA, DROP_INS, ETC, KEEP, OWN, PACKAGES, active, journal, run, show, until
from chapters.talk import daemon, stored


def installed() -> None:
    """Install it: it runs at once, on loopback, as its own user, and says so."""
    run(*APT, "install", "--no-install-recommends", str(PACKAGES / "first.deb"))
    assert active(), journal()
    assert "smtp.listen 127.0.0.1:1025" in show("StatusText")
    assert run("systemctl", "is-enabled", "mailsockd").strip() == "enabled"
    for name in ("smtp", "http", "https"):
        assert run("systemctl", "is-enabled", f"mailsockd-{name}.socket", fails=True).strip() == "disabled"
    listening = run("ss", "-Hltn")
    assert {line.split()[3] for line in listening.splitlines()} >= {"127.0.0.1:1025", "127.0.0.1:8025"}
    credentials = DATA / "initial-credentials"
    assert (credentials.owner(), credentials.stat().st_mode & 0o777) == ("mailsockd", 0o600)
    assert (DATA.owner(), DATA.stat().st_mode & 0o777) == ("mailsockd", 0o750)
    daemon.key = credentials.read_text().rpartition("key: ")[2].strip()
    assert "version" in run("mailsockctl", "status")
    run("useradd", "adam")
    group = ["setpriv", "--reuid=adam", "--regid=adam"]
    run(*group, "--clear-groups", "mailsockctl", "status", fails=True)
    run(*group, "--groups=mailsockd", "mailsockctl", "status")
    assert b"mailsockd" in CACHE.read_bytes()
    assert "mailsockd" in run("twistd3", "--help")
    for page in ("man8/mailsockd.8", "man1/mailsockctl.1", "man5/mailsockd.yaml.5"):
        assert Path(f"/usr/share/man/{page}.gz").exists() or not Path("/usr/share/man/man1").exists()
    assert "Traceback" not in journal()
    assert "plugin cache" not in journal()


def confined() -> None:
    """The daemon has what it needs and nothing more; systemd measures the unit."""
    status = Path(f"/proc/{show('MainPID')}/status").read_text()
    for name, value in (("CapEff", "0000000000000400"), ("NoNewPrivs", "1"), ("Seccomp", "2")):
        assert re.search(rf"^{name}:\t{value}$", status, re.MULTILINE), name
    print("    plain unit:", run("systemd-analyze", "security", "--threshold=16", "mailsockd").splitlines()[-1])


def upgraded() -> None:
    """An upgrade keeps mail, accounts and edited configuration, and the new one runs."""
    before, own = stored(), OWN.read_text()
    run(*APT, "install", str(PACKAGES / "second.deb"))
    assert "# the second version" in (ETC / "mailsockd.yaml").read_text()  # nobody had edited it
    assert (OWN.read_text(), active()) == (own, True)
    assert stored() == before
    edited = (ETC / "mailsockd.yaml").read_text() + "# edited\n"
    (ETC / "mailsockd.yaml").write_text(edited)
    run(*APT, *KEEP, "install", str(PACKAGES / "third.deb"))
    assert (ETC / "mailsockd.yaml").read_text() == edited
    assert (ETC / "mailsockd.yaml.dpkg-dist").exists()
    assert (active(), stored()) == (True, before)


def removed() -> None:
    """To remove it keeps data and configuration; installed again, everything is there."""
    before, own = stored(), OWN.read_text()
    run(*APT, "remove", "mailsockd")
    assert run("ss", "-Hltn").strip() == ""
    assert not Path("/usr/bin/mailsockd").exists()
    assert (DATA / "mailbox.db").exists()
    assert OWN.read_text() == own
    run(*APT, *KEEP, "install", str(PACKAGES / "third.deb"))
    assert stored() == before  # the sockets are enabled still, and started


def purged() -> None:
    """To purge it leaves nothing but the user, and what the operator has put elsewhere."""
    run(*APT, "purge", "mailsockd")
    (DROP_INS / "sockets.conf").unlink()
    DROP_INS.rmdir()
    run("systemctl", "daemon-reload")
    run("systemctl", "reset-failed")
    kept = {"/var/backups/mailsockd"}
    left = run("find", "/etc", "/usr", "/var", "/run", "/lib/systemd", "-xdev", "-name", "*mailsockd*").split()
    assert set(left) == kept, left
    assert b"mailsockd" not in CACHE.read_bytes()
    assert "mailsockd" in run("getent", "passwd", "mailsockd")
    # systemd forgets a unit when it has time to.
    until(lambda: "mailsockd" not in run("systemctl", "list-units", "--all"), "no unit is left")
