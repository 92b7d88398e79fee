"""A certificate that signs itself, for tests and for servers that have no other yet: nobody believes it unasked."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from mailsockd.storage.files import write_atomically
from mailsockd.tls import Certificate, CertificateTrouble, load_certificates

DAYS = 365
RENEWED = 30 * 86_400.0  # seconds before its end from which on a start or a reload makes another
LOOPBACK = ("localhost", "127.0.0.1", "::1")


def self_signed(hosts: Sequence[str], now: float) -> tuple[bytes, bytes]:
    """Make a certificate for some hosts, names or IP addresses, and its key, both PEM. `now` is UTC seconds."""
    key = ec.generate_private_key(ec.SECP256R1())
    # A name that is longer has its place in the extension alone.
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0][:64])])
    begin = datetime.fromtimestamp(now, UTC).replace(tzinfo=None, microsecond=0) - timedelta(minutes=5)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=DAYS))
        .add_extension(x509.SubjectAlternativeName([_general(host) for host in hosts]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return (
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
    )


def _general(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def keep(folder: Path, host: str, now: float) -> tuple[Certificate, ...]:
    """
    Give the certificate that is kept in a folder; made anew when it is not there, is another's, or ends soon.

    Raises CertificateTrouble.
    """
    certificate, key = folder / "self-signed.pem", folder / "self-signed.key"
    pair = (str(certificate), str(key))
    try:
        (kept,) = load_certificates([pair])
        if host in kept.names and kept.ends - now > RENEWED:
            return (kept,)
    except CertificateTrouble:
        pass
    try:
        for path, content in zip((key, certificate), reversed(self_signed((host, *LOOPBACK), now)), strict=True):
            write_atomically(path, content)
    except OSError as error:
        raise CertificateTrouble(f"{folder}: the certificate cannot be written: {error.strerror}") from error
    return load_certificates([pair])
