"""Certificates: by name, with clear words when they cannot be used."""

import contextlib
import datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from OpenSSL import SSL

from mailsockd.selfsigned import keep
from mailsockd.tls import Certificates, CertificateTrouble, load_certificates


def make(folder: Path, name: str) -> tuple[str, str]:
    """Write a self-signed certificate for a name and its key; give both paths."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime(2026, 1, 1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=3650))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / f"{name}.pem", folder / f"{name}.key"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return str(paths[0]), str(paths[1])


def name_shown(certificates: Certificates, wanted: bytes | None) -> str:
    """Shake hands in memory as a client that asks for a name; give the name of the certificate that it is shown."""
    server = certificates.serverConnectionForTLS(None)
    server.set_accept_state()
    client = SSL.Connection(SSL.Context(SSL.TLS_METHOD), None)
    client.set_connect_state()
    if wanted is not None:
        client.set_tlsext_host_name(wanted)
    for _ in range(10):
        for one, other in ((client, server), (server, client)):
            with contextlib.suppress(SSL.WantReadError):
                one.do_handshake()
            with contextlib.suppress(SSL.WantReadError):
                other.bio_write(one.bio_read(65536))
    shown = client.get_peer_certificate()
    assert shown is not None
    return str(shown.to_cryptography().subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)


def test_the_certificate_follows_the_name_that_is_asked_for(tmp_path: Path) -> None:
    """By SNI each name gets its certificate; an unknown name, or none, gets the first."""
    pairs = [make(tmp_path, "a.test"), make(tmp_path, "b.test"), make(tmp_path, "*.c.test")]
    certificates = Certificates(load_certificates(pairs))
    assert name_shown(certificates, b"b.test") == "b.test"
    assert name_shown(certificates, b"x.c.test") == "*.c.test"
    assert name_shown(certificates, b"other.test") == "a.test"
    assert name_shown(certificates, None) == "a.test"


def test_what_cannot_be_used_is_named(tmp_path: Path) -> None:
    """A missing file, one that is no certificate, no key, or another's key is named with the reason."""
    (one, key), (_, other) = make(tmp_path, "a.test"), make(tmp_path, "b.test")
    empty = tmp_path / "empty"
    empty.write_text("nothing\n")
    for pair, reason in (
        ((str(tmp_path / "none"), key), "none: cannot be read: No such file or directory"),
        ((str(empty), key), "empty: there is no certificate in it"),
        ((one, str(empty)), "empty: it is not a PEM key without a passphrase"),
        ((one, other), "b.test.key: it is not the key of "),
    ):
        with pytest.raises(CertificateTrouble) as raised:
            load_certificates([pair])
        assert reason in str(raised.value)


def test_no_certificates_are_false() -> None:
    """Without certificates there is nothing to offer STARTTLS with."""
    assert not Certificates(load_certificates([]))


def test_only_modern_ciphers_are_offered(tmp_path: Path) -> None:
    """With TLS 1.2 a client that has none but CBC ciphers, or no forward secrecy, finds nothing; TLS 1.1 is refused."""
    certificates = Certificates(load_certificates([make(tmp_path, "a.test")]))
    for ciphers, version, agreed in (
        (b"ECDHE-ECDSA-AES128-GCM-SHA256", SSL.TLS1_2_VERSION, True),
        (b"ECDHE-ECDSA-CHACHA20-POLY1305", SSL.TLS1_2_VERSION, True),
        (b"ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA", SSL.TLS1_2_VERSION, False),
        (b"AES128-GCM-SHA256", SSL.TLS1_2_VERSION, False),
        (b"ALL:@SECLEVEL=0", SSL.TLS1_1_VERSION, False),
        (b"ALL", SSL.TLS1_3_VERSION, True),
    ):
        context = SSL.Context(SSL.TLS_METHOD)
        context.set_max_proto_version(version)
        context.set_cipher_list(ciphers)
        assert agree(certificates, context) is agreed, (ciphers, version)


def agree(certificates: Certificates, context: SSL.Context) -> bool:
    """Shake hands in memory; tell whether that succeeds."""
    server = certificates.serverConnectionForTLS(None)
    server.set_accept_state()
    client = SSL.Connection(context, None)
    client.set_connect_state()
    done = set()
    try:
        for _ in range(10):
            for one, other in ((client, server), (server, client)):
                with contextlib.suppress(SSL.WantReadError):
                    one.do_handshake()
                    done.add(one)
                with contextlib.suppress(SSL.WantReadError):
                    other.bio_write(one.bio_read(65536))
    except SSL.Error:
        return False
    return len(done) == 2


def test_an_exact_name_goes_before_a_wildcard(tmp_path: Path) -> None:
    """Whatever their order, a host gets the certificate of its own name and not the one for its whole domain."""
    pairs = [make(tmp_path, "*.c.test"), make(tmp_path, "mx.c.test")]
    certificates = Certificates(load_certificates(pairs))
    assert name_shown(certificates, b"mx.c.test") == "mx.c.test"
    assert name_shown(certificates, b"other.c.test") == "*.c.test"


def test_a_certificate_knows_its_names_and_its_end(tmp_path: Path) -> None:
    """Names and end are those that it has, the end in UTC."""
    (one,) = load_certificates([make(tmp_path, "A.test")])
    assert one.names == ("a.test",)
    assert one.ends == datetime.datetime(2035, 12, 30, tzinfo=datetime.UTC).timestamp()


def test_a_certificate_that_signs_itself_is_made_once(tmp_path: Path) -> None:
    """It is kept, its key for nobody else to read, and made anew for another host, near its end, or when damaged."""
    now = 1_800_000_000.0
    (one,) = keep(tmp_path, "mx.test", now)
    assert one.names == ("mx.test", "localhost")
    assert one.ends == now - 300 + 365 * 86_400
    assert (tmp_path / "self-signed.key").stat().st_mode & 0o777 == 0o600
    assert keep(tmp_path, "mx.test", now + 334 * 86_400) == (one,)
    (later,) = keep(tmp_path, "mx.test", now + 335 * 86_400)
    assert later != one
    (other,) = keep(tmp_path, "other.test", now + 335 * 86_400)
    assert other.names[0] == "other.test"
    (tmp_path / "self-signed.key").write_text("")
    (mended,) = keep(tmp_path, "other.test", now + 335 * 86_400)
    assert mended != other
    assert name_shown(Certificates([mended]), b"other.test") == "other.test"
