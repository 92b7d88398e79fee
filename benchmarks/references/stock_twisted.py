"""Stock Twisted: twisted.mail's ESMTP as it is shipped, `email.policy.default`, and Autobahn's `sendMessage`.

    stock_twisted.py FOLDER SMTP_PORT WEBSOCKET_PORT

This is the program that one writes from the documentation of the two libraries.
"""

import sys
from importlib.metadata import version
from pathlib import Path

from autobahn.twisted.websocket import WebSocketServerFactory, WebSocketServerProtocol
from flat import frame, greeting
from store import Store
from twisted.internet import defer, reactor
from twisted.mail import smtp
from zope.interface import implementer

SUBSCRIBERS: dict[str, set["Subscriber"]] = {}


class Subscriber(WebSocketServerProtocol):
    """One socket, subscribed to the addresses of its query."""

    addresses: tuple[str, ...] = ()

    def onConnect(self, request):
        self.addresses = tuple(request.params.get("addresses", [""])[0].split(","))

    def onOpen(self):
        for address in self.addresses:
            SUBSCRIBERS.setdefault(address, set()).add(self)
        self.sendMessage(greeting(list(self.addresses)).encode())

    def onClose(self, wasClean, code, reason):
        for address in self.addresses:
            SUBSCRIBERS.get(address, set()).discard(self)


@implementer(smtp.IMessage)
class Collected:
    """The lines of one mail for one recipient."""

    def __init__(self, store, recipient):
        self.store = store
        self.recipient = recipient
        self.lines = []

    def lineReceived(self, line):
        self.lines.append(line)

    def eomReceived(self):
        content = b"\r\n".join(self.lines) + b"\r\n"
        number = self.store.add("", [self.recipient], content)
        subscribers = SUBSCRIBERS.get(self.recipient)
        if subscribers:
            payload = frame(content, self.recipient, number, modern=True).encode()
            for subscriber in list(subscribers):
                subscriber.sendMessage(payload)
        return defer.succeed(None)

    def connectionLost(self):
        self.lines = []


@implementer(smtp.IMessageDelivery)
class Delivery:
    """Takes mail for everybody."""

    def __init__(self, store):
        self.store = store

    def receivedHeader(self, helo, origin, recipients):
        return b"Received: from %b by mail.test; %b" % (helo[0], smtp.rfc822date())

    def validateFrom(self, helo, origin):
        return origin

    def validateTo(self, user):
        recipient = str(user.dest).lower()
        return lambda: Collected(self.store, recipient)


class MailFactory(smtp.SMTPFactory):
    """SMTPFactory with the protocol that announces extensions."""

    protocol = smtp.ESMTP

    def __init__(self, store):
        super().__init__()
        self.delivery = Delivery(store)

    def buildProtocol(self, addr):
        protocol = super().buildProtocol(addr)
        protocol.delivery = self.delivery
        return protocol


def main() -> None:
    folder, smtp_port, socket_port = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    sockets = WebSocketServerFactory()
    sockets.protocol = Subscriber
    reactor.listenTCP(smtp_port, MailFactory(Store(folder)), backlog=1024, interface="127.0.0.1")
    reactor.listenTCP(socket_port, sockets, backlog=4096, interface="127.0.0.1")
    versions = f"Twisted {version('twisted')}, Autobahn {version('autobahn')}, Python {sys.version.split()[0]}"
    reactor.callWhenRunning(print, f"READY {versions}", flush=True)
    reactor.run()


if __name__ == "__main__":
    main()
