"""TLS in memory: a certificate made on the spot, a transport that can start TLS, and a client."""

import datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from OpenSSL import SSL
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.ssl import PrivateCertificate
from twisted.protocols.tls import TLSMemoryBIOFactory, TLSMemoryBIOProtocol

from tests.smtp.fake import Wire


def context() -> object:
    """A server context with a self-signed certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mx.test")])
    start = datetime.datetime(2020, 1, 1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=36500))
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return PrivateCertificate.loadPEM(pem).options()


class Upgradable(Wire):
    """A transport that puts a TLS layer between itself and its protocol when it is told to."""

    layer: TLSMemoryBIOProtocol | None = None

    def __init__(self, protocol: Protocol | None = None) -> None:
        super().__init__()
        self.bottom = Wire()
        self.protocol = protocol

    def startTLS(self, context: object, normal: bool = True) -> bool:
        assert self.protocol is not None
        producer = self.producer
        self.unregisterProducer()
        self.layer = TLSMemoryBIOProtocol(TLSMemoryBIOFactory(context, False, Factory()), self.protocol, False)
        self.layer.makeConnection(self.bottom)
        self.registerProducer(producer, True)
        return True

    def write(self, data: bytes) -> None:
        if self.layer is None:
            super().write(data)
        else:
            self.layer.write(data)

    def loseConnection(self) -> None:
        super().loseConnection()
        if self.layer is not None:
            self.layer.loseConnection()

    def abortConnection(self) -> None:
        super().abortConnection()
        self.bottom.abortConnection()


class TLSClient:
    """The other end of a TLS layer whose lower transport is `bottom`."""

    def __init__(self, layer: TLSMemoryBIOProtocol, bottom: Wire, reader: Wire) -> None:
        self.layer = layer
        self.bottom = bottom
        self.reader = reader  # the transport that is paused when the server does not read
        self.tls = SSL.Connection(SSL.Context(SSL.TLS_METHOD), None)
        self.tls.set_connect_state()
        self.got = b""

    def pump(self) -> None:
        """Carry bytes both ways until neither side has any."""
        while True:
            try:
                self.got += self.tls.recv(65536)
                continue
            except SSL.Error:
                pass
            moved = False
            try:
                if self.reader.producerState == "producing":
                    self.layer.dataReceived(self.tls.bio_read(65536))
                    moved = True
            except SSL.WantReadError:
                pass
            if self.bottom.value():
                self.tls.bio_write(self.bottom.value())
                self.bottom.clear()
                moved = True
            if not moved:
                return

    def say(self, data: bytes = b"") -> list[str]:
        """Send inside TLS; give the lines that came back."""
        self.got = b""
        self.pump()
        if data:
            self.tls.send(data)
            self.pump()
        return self.got.decode("ascii").split("\r\n")[:-1]


def implicit(room: Any, context: object) -> TLSClient:
    """A client of a listener that has TLS from the first byte."""
    factory = TLSMemoryBIOFactory(context, False, room.factory)
    factory.protocol = TLSMemoryBIOProtocol
    bottom = Wire()
    layer = factory.buildProtocol(bottom.getPeer())
    layer.makeConnection(bottom)
    return TLSClient(layer, bottom, bottom)
