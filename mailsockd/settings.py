"""The sections of the configuration, every setting with its default. Sizes are bytes, times seconds."""

import attrs

from mailsockd import checks
from mailsockd.sections import setting

MIB = 1024 * 1024


@attrs.frozen
class SMTP:
    """Receiving mail."""

    listen: tuple[str, ...] = setting(("127.0.0.1:1025", "[::1]:1025"), checks.listens)
    listen_tls: tuple[str, ...] = setting((), checks.listens)
    accept: str = setting("domains", checks.choice("domains", "any"))
    denylist: str | None = setting(None, checks.text)


@attrs.frozen
class Capture:
    """Submission with a password."""

    listen: tuple[str, ...] = setting(("127.0.0.1:5587",), checks.listens)
    listen_tls: tuple[str, ...] = setting((), checks.listens)


@attrs.frozen
class HTTP:
    """REST, the socket and the pages; `hsts` is seconds, 0 for none."""

    url: str = setting("", checks.origin)
    listen: tuple[str, ...] = setting(("127.0.0.1:8025", "[::1]:8025"), checks.listens)
    listen_tls: tuple[str, ...] = setting((), checks.listens)
    proxies: tuple[str, ...] = setting((), checks.proxies)
    hsts: int = setting(0, checks.number(0, 315_360_000))


@attrs.frozen
class Metrics:
    """Numbers for Prometheus."""

    listen: tuple[str, ...] = setting((), checks.listens)


@attrs.frozen
class API:
    """Who may use REST, and how often; 0 requests a minute is no limit."""

    anonymous_public: bool = setting(False, checks.flag)
    requests_per_minute_per_key: int = setting(0, checks.number(0, 1_000_000))
    requests_per_minute_per_ip: int = setting(0, checks.number(0, 1_000_000))


@attrs.frozen
class Validation:
    """What is known of other people's addresses."""

    disposable_domains: str | None = setting(None, checks.text)


@attrs.frozen
class DomainChecks:
    """Whether accounts own the domains that they claim. Times are seconds; 0 for `every` checks nothing by itself."""

    prefix: str = setting("mailsockd_", checks.proof_prefix)
    mx: tuple[str, ...] = setting((), checks.any_domains)
    every: int = setting(86_400, checks.number(0, 31_536_000))
    failures: int = setting(3, checks.number(1, 1000))
    grace: int = setting(604_800, checks.number(0, 31_536_000))


@attrs.frozen
class DNS:
    """Asking the DNS. Times are seconds."""

    resolvers: tuple[str, ...] = setting((), checks.nameservers)
    timeout: int = setting(5, checks.number(1, 60))


@attrs.frozen
class Inboxes:
    """Inboxes that nobody reserved."""

    unreserved: str = setting("accept", checks.choice("accept", "reject"))


@attrs.frozen
class Retention:
    """What of the mail is kept. Sizes are bytes, ages seconds; 0 is no bound."""

    total_bytes: int = setting(5 * 1024 * MIB, checks.number(0, 1 << 50))
    free_disk: int = setting(512 * MIB, checks.number(0, 1 << 50))
    age: int = setting(0, checks.number(0, 10_000_000_000))
    age_public: int = setting(0, checks.number(0, 10_000_000_000))
    per_inbox: int = setting(0, checks.number(0, 1_000_000_000))
    per_public_inbox: int = setting(0, checks.number(0, 1_000_000_000))


@attrs.frozen
class TLS:
    """Certificates."""

    certificates: tuple[tuple[str, str], ...] = setting((), checks.certificates)
    self_signed: bool = setting(False, checks.flag)


@attrs.frozen
class WebSocket:
    """The socket. Sizes are bytes, times seconds."""

    frame: str = setting("flat", checks.choice("flat", "nested", "both"))
    ping_interval: int = setting(25, checks.number(1, 3600))
    backlog: int = setting(128 * MIB, checks.number(65536, 1 << 40))
    backlog_total: int = setting(256 * MIB, checks.number(65536, 1 << 40))
    connections: int = setting(10_000, checks.number(1, 1_000_000))
    connections_per_account: int = setting(10_000, checks.number(1, 1_000_000))
    connections_per_peer: int = setting(10_000, checks.number(1, 1_000_000))


@attrs.frozen
class POP3:
    """Mail programs. Times are seconds."""

    listen: tuple[str, ...] = setting((), checks.listens)
    listen_tls: tuple[str, ...] = setting((), checks.listens)
    messages: int = setting(20_000, checks.number(1, 1_000_000))
    connections: int = setting(200, checks.number(1, 1_000_000))
    connections_per_peer: int = setting(20, checks.number(1, 1_000_000))
    idle: int = setting(600, checks.number(1, 86_400))
    session: int = setting(7200, checks.number(1, 86_400))


@attrs.frozen
class Delivery:
    """Mail on its way to web hooks, Slack and other addresses. Times are seconds."""

    retry_for: int = setting(86_400, checks.number(0, 30 * 86_400))
    attempt_timeout: int = setting(60, checks.number(1, 3600))
    concurrency: int = setting(32, checks.number(1, 1000))
    concurrency_per_account: int = setting(16, checks.number(1, 1000))
    concurrency_per_target: int = setting(1, checks.number(1, 1000))
    waiting_per_account: int = setting(10_000, checks.number(1, 10_000_000))
    finished_per_account: int = setting(10_000, checks.number(0, 10_000_000))
    keep: int = setting(7 * 86_400, checks.number(0, 3650 * 86_400))


@attrs.frozen
class Webhook:
    """Where web hooks, Slack's among them, may lead beside the Internet."""

    allow: tuple[str, ...] = setting((), checks.networks)
    ports: tuple[int | str, ...] = setting((80, 443, 8080, 8443), checks.ports)


@attrs.frozen
class Activity:
    """What happened, as it is kept for people to look at. Times are seconds."""

    keep: int = setting(7 * 86_400, checks.number(0, 3650 * 86_400))
    most: int = setting(200_000, checks.number(1000, 100_000_000))


@attrs.frozen
class Relay:
    """The server by which mail leaves. `verify` None checks its certificate unless it is on this machine."""

    host: str | None = setting(None, checks.host)
    port: int = setting(587, checks.number(1, 65_535))
    tls: str = setting("starttls", checks.choice("starttls", "implicit", "opportunistic", "none"))
    verify: bool | None = setting(None, checks.flag)
    authorities: str | None = setting(None, checks.text)
    username: str | None = setting(None, checks.text)
    password_file: str | None = setting(None, checks.text)
    hello: str | None = setting(None, checks.domain)
    sender: str | None = setting(None, checks.address)
    domains: tuple[str, ...] | None = setting(None, checks.domains)
    connections: int = setting(4, checks.number(1, 1000))
    timeout: int = setting(60, checks.number(1, 600))


@attrs.frozen
class Limits:
    """Bounds on what one peer may ask. Sizes are bytes, times seconds."""

    message_size: int = setting(25 * MIB, checks.number(1024, 1 << 30))
    recipients: int = setting(100, checks.number(1, 10_000))
    domains_per_account: int = setting(100, checks.number(0, 1_000_000))
    hosted_domains_per_account: int = setting(10, checks.number(0, 1_000_000))
    smtp_connections: int = setting(1000, checks.number(1, 1_000_000))
    smtp_connections_per_peer: int = setting(100, checks.number(1, 1_000_000))
    smtp_idle: int = setting(300, checks.number(1, 86_400))
    smtp_session: int = setting(1800, checks.number(1, 86_400))
    smtp_errors: int = setting(10, checks.number(1, 1000))
    http_body: int = setting(128 * 1024, checks.number(1024, 1 << 30))
    http_connections: int = setting(20_000, checks.number(1, 1_000_000))
    http_connections_per_peer: int = setting(1000, checks.number(1, 1_000_000))
    http_header_time: int = setting(15, checks.number(1, 3600))
    http_idle: int = setting(60, checks.number(1, 86_400))
