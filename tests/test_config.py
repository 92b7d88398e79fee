"""Reading the configuration."""

import socket
from pathlib import Path

import pytest

from mailsockd.config import Config, ConfigError, load, parse
from mailsockd.listen import InvalidListen, listen, names_this_machine, on_private_network
from mailsockd.way_out import relay_settings
from tests.integration.certificates import make


def test_an_empty_file_is_all_defaults() -> None:
    """A file that is empty, or has only comments, or empty sections, changes nothing."""
    for text in ("", "# nothing\n", "smtp:\nhttp:\n"):
        assert parse(text, "f.yaml").smtp == Config().smtp


def test_settings_are_read_into_their_sections() -> None:
    """Values arrive where they belong, and lists become tuples."""
    config = parse(
        "hostname: mx.mail.test\ndomains: [Mail.Test, bücher.test, mail.test.]\nsmtp: {listen: ['*****']}\n".replace(
            "*****", "127.0.0.1:2525"
        )
        + "websocket: {frame: both}\nlimits: {message_size: 2048}\n",
        "f.yaml",
    )
    assert config.name == "mx.mail.test"
    assert config.served == ("mail.test", "xn--bcher-kva.test")
    assert config.smtp.listen == ("127.0.0.1:2525",)
    assert (config.websocket.frame, config.limits.message_size) == ("both", 2048)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("foo: 1", "f.yaml:1: foo: is not a setting; there are activity, api, capture, control, data, "),
        (
            "smtp:\n  lisen: []",
            "f.yaml:2: smtp.lisen: is not a setting; there are accept, denylist, listen, listen_tls",
        ),
        ("data: x\ndata: y", "f.yaml:2: data: is given twice"),
        ("hostname: 'a b'", "f.yaml:1: hostname: the domain has a label that is too long or has characters "),
        ("data: 5", "f.yaml:1: data: must be text"),
        ("domains: mail.test", "f.yaml:1: domains: must be a list, such as [a, b]"),
        ("domains: ['a b']", "f.yaml:1: domains: the domain has a label that is too long or has characters "),
        ("limits: {recipients: 0}", "f.yaml:1: limits.recipients: must be a whole number from 1 to 10000"),
        ("limits: {recipients: true}", "f.yaml:1: limits.recipients: must be a whole number from 1 to 10000"),
        ("api: {anonymous_public: 1}", "f.yaml:1: api.anonymous_public: must be true or false"),
        (
            "api: {requests_per_minute_per_ip: -1}",
            "f.yaml:1: api.requests_per_minute_per_ip: must be a whole number from 0 to 1000000",
        ),
        ("http: {url: mail.example.org}", "f.yaml:1: http.url: must be such as https://mail.example.org"),
        ("http: {url: 'ftp://mail.example.org'}", "f.yaml:1: http.url: must be such as https://mail.example.org"),
        ("http: {url: 'https://a.example:x'}", "f.yaml:1: http.url: must be such as https://mail.example.org"),
        ("http: {url: 'https://a.example/mail'}", "f.yaml:1: http.url: must be a scheme and a host, such as https://"),
        ("state: maria", "f.yaml:1: state: must be sqlite or yaml"),
        ("smtp: [1]", "f.yaml:1: smtp: must be settings, each `key: value`"),
        ("- a", "f.yaml:1: the file: must be settings, each `key: value`"),
        ("\n\na: b: c", "f.yaml:3: it is not YAML: mapping values are not allowed here"),
        ("data: *x", "f.yaml:1: it is not YAML: found undefined alias"),
        ("data: !!python/object:os.system x", "f.yaml:1: data: could not determine a constructor for the tag "),
        ("smtp: {listen: ['127.0.0.1']}", "f.yaml:1: smtp.listen: '127.0.0.1': must be host:port, such as "),
        ("http: {listen: ['127.0.0.1:99999']}", "f.yaml:1: http.listen: '127.0.0.1:99999': the port must be at most"),
        ("http: {listen: ['somewhere:80']}", "f.yaml:1: http.listen: 'somewhere:80': the host must be an IP address"),
        ("domains: []", "f.yaml:1: domains: must name at least one domain"),
        ("webhook: {allow: 10.0.0.0/8}", "f.yaml:1: webhook.allow: must be a list, such as [a, b]"),
        ("webhook: {allow: [10.0.0.1/8]}", "f.yaml:1: webhook.allow: '10.0.0.1/8': must be a network, such as 10.0.0."),
        ("webhook: {allow: [localhost]}", "f.yaml:1: webhook.allow: 'localhost': must be a network, such as 10.0.0.0/"),
        ("webhook: {ports: 80}", "f.yaml:1: webhook.ports: must be a list, such as [443, 8000-8999]"),
        ("webhook: {ports: [http]}", "f.yaml:1: webhook.ports: 'http': must be a port, such as 443, or a range, such"),
        ("webhook: {ports: [true]}", "f.yaml:1: webhook.ports: True: must be a port, such as 443, or a range, such"),
        ("webhook: {ports: [0]}", "f.yaml:1: webhook.ports: 0: ports are from 1 to 65535"),
        ("webhook: {ports: [9-8]}", "f.yaml:1: webhook.ports: '9-8': ports are from 1 to 65535"),
        ("webhook: {ports: [80-99999]}", "f.yaml:1: webhook.ports: '80-99999': ports are from 1 to 65535"),
        (
            "smtp:\n  accept: any\n  listen: ['0.0.0.0:25']",
            "f.yaml:2: smtp.accept: any is only for loopback and private networks, and smtp.listen has 0.0.0.0:25",
        ),
        ("smtp: {listen_tls: ['[::1]:465']}", "f.yaml:1: smtp.listen_tls: needs tls.certificates"),
        ("tls: {certificates: [x]}", "f.yaml:1: tls.certificates: each item must be {certificate: FILE, key: FILE}"),
        ("retention: {total_bytes: -1}", "f.yaml:1: retention.total_bytes: must be a whole number from 0 to 11258999"),
        ("retention: {age: 1 day}", "f.yaml:1: retention.age: must be a whole number from 0 to 10000000000"),
        (
            "retention:\n  total_bytes: 1048576",
            "f.yaml:2: retention.total_bytes: must be 0 or at least 52428800, which two mails may take by limits.mes",
        ),
        (f"control: unix:/{'x' * 120}", "f.yaml:1: control: the path /xxx"),
    ],
)
def test_wrong_settings_name_file_line_key_and_reason(text: str, error: str) -> None:
    """Each mistake is one line that says where it is and what would be right."""
    with pytest.raises(ConfigError) as raised:
        parse(text, "f.yaml")
    assert str(raised.value).startswith(error)
    assert "\n" not in str(raised.value)


def test_the_file_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A named file must be there; without a name ./mailsockd.yaml is taken, and without any the defaults."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("mailsockd.config.PLACES", (Path("mailsockd.yaml"),))
    assert load().source == "built-in defaults"
    (tmp_path / "mailsockd.yaml").write_text("data: here\n")
    assert (load().source, load().data) == ("mailsockd.yaml", "here")
    with pytest.raises(ConfigError, match="none.yaml: cannot be read: No such file or directory"):
        load("none.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"data: \xff\n")
    with pytest.raises(ConfigError, match="latin.yaml: cannot be read: it is not UTF-8"):
        load("latin.yaml")


def in_parts(folder: Path, **files: str) -> str:
    """Write a main file and files of conf.d, and give the main file's path."""
    (folder / "conf.d").mkdir()
    for name, text in files.items():
        path = folder / "mailsockd.yaml" if name == "main" else folder / "conf.d" / name.replace("__", ".")
        path.write_text(text)
    return str(folder / "mailsockd.yaml")


def test_the_files_of_conf_d_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    """Of each setting the last one counts, and what a later file does not give stays, also within a section."""
    file = in_parts(
        tmp_path,
        main="data: /a\nsmtp: {listen: ['127.0.0.1:1'], accept: any}\nlimits: {recipients: 5}\n",
        n20__yaml="smtp:\n  listen: ['127.0.0.1:3']\nlimits:\n",
        n10__yaml="smtp: {listen: ['127.0.0.1:2']}\nlimits: {smtp_errors: 3}\n",
        empty__yaml="# nothing\n",
    )
    config = load(file)
    assert (config.data, config.smtp.listen, config.smtp.accept) == ("/a", ("127.0.0.1:3",), "any")
    assert (config.limits.recipients, config.limits.smtp_errors) == (5, 3)
    more = tuple(f"{tmp_path}/conf.d/{name}" for name in ("empty.yaml", "n10.yaml", "n20.yaml"))
    assert (config.source, config.more) == (file, more)
    assert config.read == f"{file}, {more[0]}, {more[1]}, {more[2]}"


def test_a_mistake_in_conf_d_is_named_with_its_file(tmp_path: Path) -> None:
    """Also one that shows only when everything was read, with the file that gave the setting last."""
    main, more = "smtp:\n  accept: any\n", "\nlimits: {recipients: x}\n"
    file = in_parts(tmp_path, main=main, a__yaml="data: /d\n", b__yaml=more)
    with pytest.raises(ConfigError) as raised:
        load(file)
    assert str(raised.value) == f"{tmp_path}/conf.d/b.yaml:2: limits.recipients: must be a whole number from 1 to 10000"
    (tmp_path / "conf.d/b.yaml").write_text("http:\n  listen_tls: ['127.0.0.1:443']\n")
    with pytest.raises(ConfigError) as raised:
        load(file)
    assert str(raised.value) == f"{tmp_path}/conf.d/b.yaml:2: http.listen_tls: needs tls.certificates"
    (tmp_path / "conf.d/b.yaml").write_text("smtp: {listen: ['0.0.0.0:25']}\n")
    with pytest.raises(ConfigError) as raised:
        load(file)
    reason = "any is only for loopback and private networks, and smtp.listen has 0.0.0.0:25"
    assert str(raised.value) == f"{file}:2: smtp.accept: {reason}"
    (tmp_path / "conf.d/b.yaml").write_text("data: [\n")
    with pytest.raises(ConfigError, match=r"conf\.d/b\.yaml:2: it is not YAML"):
        load(file)
    (tmp_path / "conf.d/b.yaml").unlink()
    (tmp_path / "conf.d/b.yaml").symlink_to("nothing")
    with pytest.raises(ConfigError, match=r"conf\.d/b\.yaml: cannot be read: No such file or directory"):
        load(file)


def test_what_conf_d_has_beside_is_not_read(tmp_path: Path) -> None:
    """Hidden files, what dpkg and editors leave, and the folder beside a file of another name are left alone."""
    file = in_parts(tmp_path, main="data: /a\n", a__yaml__dpkg_dist="x", b__yaml__bak="x", __c__yaml="x", a__yml="x")
    assert load(file).more == ()
    (tmp_path / "conf.d/d.yaml").write_text("data: /d\n")
    (tmp_path / "other.yaml").write_text("data: /o\n")
    assert (load(file).data, load(str(tmp_path / "other.yaml")).data) == ("/d", "/o")


def test_the_name_of_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a setting it is the machine's name when that has a dot, else localhost."""
    monkeypatch.setattr(socket, "getfqdn", lambda: "Box.Mail.Test")
    assert (Config().name, Config().served) == ("box.mail.test", ("box.mail.test", "localhost"))
    monkeypatch.setattr(socket, "getfqdn", lambda: "box")
    assert (Config().name, Config().served) == ("localhost", ("localhost",))


def test_the_control_socket_lies_in_the_data_folder_unless_set() -> None:
    """Its path follows `data`, or is what `control` says."""
    assert str(parse("data: /d", "f").control_socket) == "/d/control.sock"
    assert str(parse("control: unix:/run/m.sock", "f").control_socket) == "/run/m.sock"


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        ("127.0.0.1:1025", "tcp:1025:interface=127.0.0.1"),
        ("localhost:1025", "tcp:1025:interface=127.0.0.1"),
        ("[::1]:1025", "tcp6:1025:interface=\\:\\:1"),
        ("0.0.0.0:25", "tcp:25:interface=0.0.0.0"),
        ("unix:/run/x.sock:mode=660", "unix:/run/x.sock:mode=660"),
        ("tcp:25:interface=10.0.0.1", "tcp:25:interface=10.0.0.1"),
    ],
)
def test_places_to_listen_are_endpoints(text: str, endpoint: str) -> None:
    """host:port becomes an endpoint string, and an endpoint string stays one."""
    assert listen(text).endpoint == endpoint


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://Mail.Example.org/", "https://mail.example.org"),
        ("https://mail.example.org:443", "https://mail.example.org"),
        ("http://mail.example.org:8025", "http://mail.example.org:8025"),
        ("http://[::1]:8025", "http://[::1]:8025"),
        ("", ""),
    ],
)
def test_where_people_reach_the_pages_is_an_origin(text: str, origin: str) -> None:
    """It is kept as browsers write it in the header Origin."""
    assert parse(f"http: {{url: '{text}'}}", "f.yaml").http.url == origin


def test_what_is_no_place_to_listen() -> None:
    """Names, unknown kinds and ports out of range are refused."""
    for text in ("mail.test:25", "25", "", "carrier:pigeon", "127.0.0.1:70000", "[127.0.0.1]:x"):
        with pytest.raises(InvalidListen):
            listen(text)


def test_private_networks_are_told_from_public_ones() -> None:
    """Loopback, private networks and unix sockets are private; everything else, and what cannot be told, is not."""
    private = ("127.0.0.1:25", "[::1]:25", "10.1.2.3:25", "192.168.0.1:25", "[fd00::1]:25", "unix:/x")
    public = ("0.0.0.0:25", "[::]:25", "8.8.8.8:25", "tcp:25", "systemd:domain=INET:index=0")
    assert [on_private_network(text) for text in private] == [True] * len(private)
    assert [on_private_network(text) for text in public] == [False] * len(public)


def test_disposable_domains_are_read_from_their_file(tmp_path: Path) -> None:
    """The served domains are disposable, and those of the operator's file, which is read with the configuration."""
    (tmp_path / "list").write_text("# list\nTemp.test\n")
    file = tmp_path / "f.yaml"
    file.write_text(f"domains: [mail.test]\nvalidation: {{disposable_domains: {tmp_path}/list}}\n")
    assert load(str(file)).disposable == {"mail.test", "temp.test"}
    assert parse("domains: [mail.test]", "f.yaml").disposable == {"mail.test"}


def test_the_denylist_is_read_from_its_file(tmp_path: Path) -> None:
    """The operator's file is read with the configuration; one that cannot be used is named with its line."""
    (tmp_path / "list").write_text("# spam\nSpam.Example\n192.0.2.0/24\n")
    file = tmp_path / "f.yaml"
    file.write_text(f"smtp:\n  denylist: {tmp_path}/list\n")
    assert load(str(file)).denied == ("spam.example", "192.0.2.0/24")
    assert parse("", "f.yaml").denied == ()
    (tmp_path / "list").write_text("spam.example\n\n192.0.2.1/24\n")
    with pytest.raises(ConfigError) as raised:
        load(str(file))
    reason = f"{tmp_path}/list:3: 192.0.2.1/24 is no IP address and no network: write 192.0.2.0/24"
    assert str(raised.value) == f"{file}:2: smtp.denylist: {reason}"
    (tmp_path / "list").unlink()
    with pytest.raises(ConfigError) as raised:
        load(str(file))
    assert str(raised.value) == f"{file}:2: smtp.denylist: {tmp_path}/list cannot be read: No such file or directory"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"\xff", "cannot be read: it is not UTF-8"),
        (b"a.test\nb@c.test", "line 2: the domain has a label that is too long or has characters that no domain has"),
    ],
)
def test_a_file_of_disposable_domains_that_cannot_be_used(tmp_path: Path, content: bytes | None, reason: str) -> None:
    """Reading the configuration fails and names the setting with its line, the file and the reason."""
    list_file, file = tmp_path / "list", tmp_path / "f.yaml"
    if content is not None:
        list_file.write_bytes(content)
    file.write_text(f"validation:\n  disposable_domains: {list_file}\n")
    with pytest.raises(ConfigError) as raised:
        load(str(file))
    colon = ":" if content and b"@" in content else ""
    assert str(raised.value) == f"{file}:2: validation.disposable_domains: {list_file}{colon} {reason}"


@pytest.mark.parametrize(
    ("relay", "error"),
    [
        ("{host: 'a b'}", "f.yaml:1: relay.host: the domain has a label that is too long or has characters "),
        ("{host: ''}", "f.yaml:1: relay.host: must be text"),
        ("{port: 0}", "f.yaml:1: relay.port: must be a whole number from 1 to 65535"),
        ("{tls: ssl}", "f.yaml:1: relay.tls: must be starttls or implicit or opportunistic or none"),
        ("{sender: x}", "f.yaml:1: relay.sender: an address needs a local part, an @ and a domain"),
        ("{domains: []}", "f.yaml:1: relay.domains: must name at least one domain"),
        ("{timeout: 0}", "f.yaml:1: relay.timeout: must be a whole number from 1 to 600"),
        ("{username: u}", "f.yaml:1: relay.username: needs relay.password_file"),
        ("{password_file: f}", "f.yaml:1: relay.password_file: needs relay.username"),
        (
            "{host: r.test, tls: opportunistic, username: u, password_file: f}",
            "f.yaml:1: relay.username: would be sent without TLS: relay.tls is opportunistic",
        ),
    ],
)
def test_a_relay_that_cannot_be_used(relay: str, error: str) -> None:
    """Each setting of the relay is checked, and that no password goes over a network in the clear."""
    with pytest.raises(ConfigError) as raised:
        parse(f"relay: {relay}\n", "f.yaml")
    assert str(raised.value).startswith(error)


@pytest.mark.parametrize(
    ("relay", "shown", "verify"),
    [
        ("{host: Relay.Test}", ("relay.test", 587, "starttls"), True),
        ("{host: '::1', port: 25, tls: none}", ("::1", 25, "none"), False),
        ("{host: localhost}", ("localhost", 587, "starttls"), False),
        ("{host: localhost, verify: true}", ("localhost", 587, "starttls"), True),
        ("{host: relay.test, verify: false}", ("relay.test", 587, "starttls"), False),
        ("{host: relay.test, tls: opportunistic}", ("relay.test", 587, "opportunistic"), False),
    ],
)
def test_the_relay_as_it_is_used(relay: str, shown: tuple[str, int, str], verify: bool) -> None:
    """A certificate must be good unless the host is this machine, TLS is a mere wish, or the operator says so."""
    settings = relay_settings(parse(f"hostname: mx.mail.test\nrelay: {relay}\n", "f.yaml"))
    assert settings is not None
    assert (settings.host, settings.port, settings.manners.tls) == shown
    assert (settings.verify, settings.manners.hello) == (verify, "mx.mail.test")
    assert relay_settings(Config()) is None


def test_files_of_the_relay(tmp_path: Path) -> None:
    """The password is the first line of its file; the authorities are PEM; what cannot be used is named at once."""
    secret, pem, file = tmp_path / "secret", tmp_path / "pem", tmp_path / "f.yaml"
    file.write_text(
        f"relay:\n  host: relay.test\n  username: u\n  password_file: {secret}\n  authorities: {pem}\n"
    )
    certificate = make(tmp_path, "relay", "relay.test")[0].read_text()
    for written, text in ((secret, " pass word \r\n# note\n"), (pem, certificate * 2)):
        with pytest.raises(ConfigError) as raised:
            load(str(file))
        assert str(raised.value).endswith(f"{written} cannot be read: No such file or directory")
        written.write_text(text)
    settings = relay_settings(load(str(file)))
    assert settings is not None
    assert (settings.manners.username, settings.manners.password) == ("u", " pass word ")
    assert settings.authorities == certificate * 2 and "pass word" not in repr(settings)
    for written, text, reason in (
        (pem, "nothing", f"{file}:5: relay.authorities: {pem}: it is not a PEM certificate"),
        (pem, certificate + "-----BEGIN CERTIFICATE-----\nx", f"{file}:5: relay.authorities: {pem}: it is not a PEM "),
        (secret, "\npassword", f"{file}:4: relay.password_file: {secret}: its first line is empty"),
    ):
        written.write_text(text)
        with pytest.raises(ConfigError) as raised:
            load(str(file))
        assert str(raised.value).startswith(reason)


@pytest.mark.parametrize(
    ("host", "this"),
    [("localhost", True), ("a.localhost", True), ("127.1.2.3", True), ("::1", True), ("localhost.example", False),
     ("10.0.0.1", False), ("notlocalhost", False)],
)  # fmt: skip
def test_hosts_that_are_this_machine(host: str, this: bool) -> None:
    """Loopback by name or number, and nothing that only looks like it."""
    assert names_this_machine(host) is this
