"""Certificates: one or several, chosen by the name that the client asks for (SNI, RFC 6066 section 3)."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cryptography import x509
from OpenSSL import SSL, crypto
from twisted.internet.interfaces import IOpenSSLServerConnectionCreator
from twisted.internet.ssl import CertificateOptions, TLSVersion
from zope.interface import implementer

_BEGIN = b"-----BEGIN CERTIFICATE-----"


class CertificateTrouble(Exception):
    """A certificate or key that cannot be used; the text names the file and the reason."""


@implementer(IOpenSSLServerConnectionCreator)
class Certificates:
    """The server's certificates, as Twisted takes them for TLS. The first is for clients that name no host."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        self._contexts: list[tuple[list[str], SSL.Context]] = [_context(*pair) for pair in pairs]
        for _, context in self._contexts:
            context.set_tlsext_servername_callback(self._choose)

    def __bool__(self) -> bool:
        return bool(self._contexts)

    def serverConnectionForTLS(self, tlsProtocol: Any) -> SSL.Connection:
        """Make the TLS side of one connection."""
        return SSL.Connection(self._contexts[0][1], None)

    def _choose(self, connection: SSL.Connection) -> None:
        wanted = (connection.get_servername() or b"").decode("ascii", "replace").lower()
        for names, context in self._contexts:
            if wanted in names or f"*.{wanted.partition('.')[2]}" in names:
                connection.set_context(context)
                return


def _context(certificate: str, key: str) -> tuple[list[str], SSL.Context]:
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
            privateKey=private, certificate=chain[0], extraCertChain=chain[1:], raiseMinimumTo=TLSVersion.TLSv1_2
        )
        context = options.getContext()
        context.check_privatekey()
    except SSL.Error as error:
        raise CertificateTrouble(f"{key}: it is not the key of {certificate}") from error
    return _names(chain[0]), context


def _names(certificate: crypto.X509) -> list[str]:
    try:
        extension = certificate.to_cryptography().extensions.get_extension_for_class(x509.SubjectAlternativeName)
        return [name.lower() for name in extension.value.get_values_for_type(x509.DNSName)]
    except x509.ExtensionNotFound:
        return []


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise CertificateTrouble(f"{path}: cannot be read: {error.strerror}") from error
