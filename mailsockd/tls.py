"""Certificates: one or several, chosen by the name that the client asks for (SNI, RFC 6066 section 3)."""

from collections.abc import Sequence
from datetime import UTC
from pathlib import Path
from typing import Any

import attrs
from cryptography import x509
from OpenSSL import SSL, crypto
from twisted.internet.interfaces import IOpenSSLServerConnectionCreator
from twisted.internet.ssl import AcceptableCiphers, CertificateOptions, TLSVersion
from zope.interface import implementer

_BEGIN = b"-----BEGIN CERTIFICATE-----"
# With TLS 1.2 forward secrecy and authenticated encryption, nothing else; TLS 1.3 has no others.
_CIPHERS = AcceptableCiphers.fromOpenSSLCipherString("ECDHE+AESGCM:ECDHE+CHACHA20")  # type: ignore[no-untyped-call]
_OP_NO_RENEGOTIATION = 0x40000000  # pyOpenSSL of Debian 12 has no name for it


class CertificateTrouble(Exception):
    """A certificate or key that cannot be used; the text names the file and the reason."""


@attrs.frozen
class Certificate:
    """One certificate with its key, read from files. `names` are lower case, `ends` is UTC seconds."""

    path: str
    names: tuple[str, ...]
    ends: float
    fingerprint: bytes
    context: Any = attrs.field(eq=False, repr=False)


@implementer(IOpenSSLServerConnectionCreator)
class Certificates:
    """The server's certificates, as Twisted takes them for TLS. The first is for clients that name no host."""

    def __init__(self, certificates: Sequence[Certificate] = ()) -> None:
        self._certificates: tuple[Certificate, ...] = ()
        self._by_name: dict[str, Any] = {}
        self.use(certificates)

    def use(self, certificates: Sequence[Certificate]) -> None:
        """Use others from now on; connections that are there keep what they have."""
        for certificate in certificates:
            certificate.context.set_tlsext_servername_callback(self._choose)
        self._certificates = tuple(certificates)
        # The first one that has a name is it.
        self._by_name = {name: one.context for one in reversed(certificates) for name in one.names}

    def __bool__(self) -> bool:
        return bool(self._certificates)

    def __iter__(self) -> Any:
        return iter(self._certificates)

    def serverConnectionForTLS(self, tlsProtocol: Any) -> SSL.Connection:
        """Make the TLS side of one connection."""
        return SSL.Connection(self._certificates[0].context, None)

    def _choose(self, connection: SSL.Connection) -> None:
        wanted = (connection.get_servername() or b"").decode("ascii", "replace").lower()
        context = self._by_name.get(wanted) or self._by_name.get(f"*.{wanted.partition('.')[2]}")
        if context is not None:
            connection.set_context(context)


def load_certificates(pairs: Sequence[tuple[str, str]]) -> tuple[Certificate, ...]:
    """Read certificates and their keys. It blocks. Raises CertificateTrouble."""
    return tuple(_load(*pair) for pair in pairs)


def _load(certificate: str, key: str) -> Certificate:
    pem = _read(certificate)
    try:
        chain = [
            crypto.load_certificate(crypto.FILETYPE_PEM, _BEGIN + part) for part in pem.split(_BEGIN)[1:]
        ]
        if not chain:
            raise CertificateTrouble(f"{certificate}: there is no certificate in it")
    except crypto.Error as error:
        raise CertificateTrouble(f"{certificate}: it is not a PEM certificate") from error
    try:
        private = crypto.load_privatekey(crypto.FILETYPE_PEM, _read(key), b"")
    except (crypto.Error, ValueError, TypeError) as error:
        raise CertificateTrouble(f"{key}: it is not a PEM key without a passphrase") from error
    try:
        options = CertificateOptions(
            privateKey=private,
            certificate=chain[0],
            extraCertChain=chain[1:],
            raiseMinimumTo=TLSVersion.TLSv1_2,
            acceptableCiphers=_CIPHERS,
        )
        context = options.getContext()
        context.set_options(_OP_NO_RENEGOTIATION)
        context.check_privatekey()
    except SSL.Error as error:
        raise CertificateTrouble(f"{key}: it is not the key of {certificate}") from error
    first = chain[0].to_cryptography()
    # The newest cryptography knows the same with its zone, and warns of this; Debian's knows only this.
    ends = getattr(first, "not_valid_after_utc", None) or first.not_valid_after.replace(tzinfo=UTC)
    return Certificate(certificate, _names(first), ends.timestamp(), chain[0].digest("sha256"), context)


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        return tuple(name.lower() for name in extension.value.get_values_for_type(x509.DNSName))
    except x509.ExtensionNotFound:
        return ()


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise CertificateTrouble(f"{path}: cannot be read: {error.strerror}") from error
