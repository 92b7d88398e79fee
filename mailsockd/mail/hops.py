"""Where a mail has been, by its own head: what ends a round that goes through other servers."""

from mailsockd.mail.headers import fields

FORWARDED = "X-Mailsockd-Forwarded"


def forwarded_header(hostname: str) -> bytes:
    """Give the field that says who forwarded, CR LF at its end."""
    return f"{FORWARDED}: {hostname}\r\n".encode("ascii", "replace")


def forwarded_by(content: bytes, hostname: str) -> bool:
    """Tell whether a mail says that the server of this name has forwarded it."""
    found, _ = fields(content, 0, len(content))
    wanted = FORWARDED.lower(), hostname.lower()
    return any((name.lower(), value.strip().lower()) == wanted for name, value in found)


def servers_passed(content: bytes) -> int:
    """Count the servers that say they received a mail."""
    found, _ = fields(content, 0, len(content))
    return sum(name.lower() == "received" for name, _ in found)
