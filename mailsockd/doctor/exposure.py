"""What strangers can reach, and whether they should."""

from mailsockd.config import Config
from mailsockd.doctor.finding import Finding, good, warning
from mailsockd.listen import on_private_network


def public(config: Config) -> list[str]:
    """Give where strangers can bring mail."""
    return [item for item in (*config.smtp.listen, *config.smtp.listen_tls) if not on_private_network(item)]


def exposure(config: Config) -> list[Finding]:
    """Look at the listeners that are neither loopback nor a private network."""
    found = []
    if public(config) and config.inboxes.unreserved == "accept":
        text = f"{public(config)[0]} is open to strangers, and every address of {config.served[0]} takes their mail"
        fix = "set inboxes.unreserved to reject, unless public inboxes are what you want"
        found.append(warning("open inboxes", text, fix))
    clear = [item for item in config.http.listen if not on_private_network(item)]
    if clear:
        text = f"{clear[0]} serves passwords and keys without TLS"
        fix = "use http.listen_tls, or listen on 127.0.0.1 behind a proxy that has TLS"
        found.append(warning("http", text, fix))
    secured = [item for item in config.http.listen_tls if not on_private_network(item)]
    if config.api.anonymous_public and (clear or secured):
        fix = "set api.anonymous_public to false, unless everybody may"
        found.append(warning("public inboxes", "everybody can read them without a key", fix))
    numbers = [item for item in config.metrics.listen if not on_private_network(item)]
    if numbers:
        fix = "listen on 127.0.0.1 or a private network"
        found.append(warning("metrics", f"{numbers[0]} shows them to everybody", fix))
    return found or [good("exposure", "nothing is open to strangers that should not be")]
