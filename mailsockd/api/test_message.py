"""The route that sends an account a test mail, so that a socket can be seen working without any mail program."""

import secrets
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from typing import Any, TypeAlias

from mailsockd.actions.addresses import Addresses
from mailsockd.api.answers import gives
from mailsockd.api.schemas import STORED
from mailsockd.web.router import Call, HTTPError, Routes

# Stores a mail as if it had come by SMTP: sender, recipient, content. Gives its queue id.
Inject: TypeAlias = Callable[[str, str, bytes], Awaitable[str]]

SUBJECT = "It works: your test mail"

_TEXT = """\
Hello {account},

this test mail went the way of every mail: it was stored, and then sent as one JSON frame \
to each socket that listens for its address.

To: {inbox}
Sent: {sent}
"""

_HTML = """\
<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>{subject}</title></head>
<body style="margin:0;padding:32px 16px;background:#f3f6f6;color:#16232b;font:16px/1.6 system-ui,sans-serif">
<div style="max-width:520px;margin:0 auto;padding:28px 32px;background:#ffffff;border-radius:14px;\
border-top:6px solid #0b6e69">
<h1 style="margin:0 0 16px;font-size:24px;line-height:1.3">It works</h1>
<p>Hello {account},</p>
<p>this test mail went the way of every mail: it was stored, and then sent as one JSON frame to each socket
that listens for its address.</p>
<table style="border-collapse:collapse;font-size:14px">
<tr><th scope="row" style="padding:4px 20px 4px 0;text-align:left;color:#55656e">To</th><td>{inbox}</td></tr>
<tr><th scope="row" style="padding:4px 20px 4px 0;text-align:left;color:#55656e">Sent</th><td>{sent}</td></tr>
</table>
</div>
</body>
</html>
"""

_CONTENT = """\
From: mailsockd <{sender}>
To: {recipient}
Subject: {subject}
Date: {date}
Message-ID: <{token}@{hostname}>
Auto-Submitted: auto-generated
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="{token}"

--{token}
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

{text}
--{token}
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: 8bit

{html}
--{token}--
"""


class TestMessageRoutes:
    """Test mail. `hostname` is the server's name, `now` gives UTC seconds."""

    __test__ = False  # the name is no test's
    routes = Routes(tag="Sending")

    def __init__(self, addresses: Addresses, inject: Inject, *, hostname: str, now: Callable[[], float]) -> None:
        self._addresses = addresses
        self._inject = inject
        self._hostname = hostname
        self._now = now

    @routes.post(
        "/mailsockd/v1/addresses/{email}/test-message",
        operation="SendTestMessage",
        summary="Send a test mail to an address",
        answers=gives(STORED, "The mail is stored."),
        errors={
            401: "There is no valid key, or the address is another account's.",
            404: "Nobody has reserved the address.",
        },
    )
    async def send(self, call: Call, email: str) -> Any:
        """Store a small mail for an address that the caller has reserved, and answer its id and inbox."""
        inbox, address, _ = self._addresses.show(call.caller, email)
        if address is None:
            raise HTTPError(404, "The private address was not found for this user.")
        account = call.caller.name
        sender = f"mailsockd@{self._hostname}"
        content = content_of(account, sender, inbox, hostname=self._hostname, at=self._now())
        id = await self._inject(sender, inbox, content)
        return {"_id": f"{id}-0", "inbox": inbox}


def content_of(account: str, sender: str, recipient: str, *, hostname: str, at: float) -> bytes:
    """Give the content of the test mail: text and HTML, CRLF line ends. The addresses are canonical."""
    when = datetime.fromtimestamp(at, UTC)
    sent = when.strftime("%Y-%m-%d %H:%M:%S UTC")
    return (
        _CONTENT.format(
            sender=sender,
            recipient=recipient,
            subject=SUBJECT,
            date=format_datetime(when),
            token=secrets.token_hex(12),
            hostname=hostname,
            text=_TEXT.format(account=account, inbox=recipient, sent=sent),
            html=_HTML.format(account=escape(account), inbox=escape(recipient), sent=sent, subject=escape(SUBJECT)),
        )
        .replace("\n", "\r\n")
        .encode("utf-8", "replace")
    )
