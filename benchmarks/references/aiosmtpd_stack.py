"""asyncio: aiosmtpd, SQLite, the compat32 parser, and the `broadcast` of `websockets`, in one loop.

    aiosmtpd_stack.py FOLDER SMTP_PORT WEBSOCKET_PORT

The commit is made in the loop's own thread: it is one short call, and a thread for each mail was slower.
"""

import asyncio
import signal
import sys
from importlib.metadata import version
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from aiosmtpd.smtp import SMTP, Envelope, Session
from flat import frame, greeting
from store import Store
from websockets.asyncio.server import ServerConnection, broadcast, serve


class Mailbox:
    """aiosmtpd's handler: the mail is durable before its 250, and published right after it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.subscribers: dict[str, set[ServerConnection]] = {}

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        inboxes = [recipient.lower() for recipient in envelope.rcpt_tos]
        content = bytes(envelope.content or b"")
        number = self.store.add(envelope.mail_from or "", inboxes, content)
        asyncio.get_running_loop().call_soon(self.publish, inboxes, content, number)
        return f"250 2.0.0 OK : queued as {number}"

    def publish(self, inboxes: list[str], content: bytes, number: int) -> None:
        for inbox in inboxes:
            subscribers = self.subscribers.get(inbox)
            if subscribers:
                broadcast(subscribers, frame(content, inbox, number, modern=False))

    async def subscribe(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        query = parse_qs(urlsplit(connection.request.path).query)
        addresses = query.get("addresses", [""])[0].split(",")
        await connection.send(greeting(addresses))
        for address in addresses:
            self.subscribers.setdefault(address, set()).add(connection)
        try:
            async for _ in connection:
                pass
        finally:
            for address in addresses:
                self.subscribers[address].discard(connection)


async def main() -> None:
    folder, smtp_port, socket_port = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    mailbox = Mailbox(Store(folder))
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)

    def mail_session() -> SMTP:
        return SMTP(mailbox, hostname="mail.test", ident="ready", data_size_limit=26_214_400, loop=loop)

    await loop.create_server(mail_session, "127.0.0.1", smtp_port, backlog=1024)
    async with serve(
        mailbox.subscribe, "127.0.0.1", socket_port, compression=None, backlog=4096, ping_interval=25, close_timeout=1
    ):
        names = ", ".join(f"{name} {version(name)}" for name in ("aiosmtpd", "websockets"))
        print(f"READY {names}, Python {sys.version.split()[0]}", flush=True)
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(main())
