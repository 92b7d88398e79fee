"""A stored message: one copy of a mail in one inbox, as lists and frames show it, without its content."""

from mailsockd.mail.frozen import frozen
from mailsockd.mail.message import Mail, Person


@frozen
class Summary:
    """What lists show of a mail; the copies for several inboxes share one. `attachments` are MD5 hex."""

    sender: tuple[Person, ...]
    to: tuple[Person, ...] = ()
    cc: tuple[Person, ...] = ()
    bcc: tuple[Person, ...] = ()
    subject: str = ""
    links: tuple[str, ...] = ()
    attachments: tuple[str, ...] = ()


def summary_of(mail: Mail, envelope_sender: str) -> Summary:
    """Summarise a mail. `sender` has exactly one person: From's first, else the envelope sender, else an empty one."""
    return Summary(
        sender=mail.sender[:1] or (Person(envelope_sender, ""),),
        to=mail.to,
        cc=mail.cc,
        bcc=mail.bcc,
        subject=mail.subject,
        links=mail.links,
        attachments=tuple(attachment.checksum for attachment in mail.attachments),
    )


@frozen
class Message:
    """
    One stored message.

    `seq` rises with each stored message and is never used twice. `inbox` is the canonical inbox, `original` the
    canonical address that it was sent to. `owner` is the account that the inbox belonged to on arrival, "" for a
    public inbox. `received` is UTC seconds, `size` the bytes received. `ip` and `via` are the peer's and the
    listener's IP, `helo` what the peer called itself, `sender` the envelope's. `read` is None until somebody says;
    `saved_by` the account that starred it.
    `submitter` is the account that signed in to send it, "" for none; it is known while the message is new.
    """

    id: str
    seq: int
    inbox: str
    original: str
    owner: str
    received: float
    size: int
    ip: str
    via: str
    helo: str
    sender: str
    tls: bool
    summary: Summary
    esmtp: bool = True
    folder: str = "inbox"
    labels: tuple[str, ...] = ()
    read: bool | None = None
    saved_by: str | None = None
    submitter: str = ""
