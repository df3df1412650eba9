"""A certificate authority and a server certificate for 127.0.0.1, made for a test."""

import ipaddress
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from zone.core.clock import utc_now


def authority_and_server(folder: Path) -> tuple[Path, Path, Path]:
    """Write the authority's certificate, the server's certificate and its key into `folder`."""
    authority_key, server_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority_name, server_name = _name("Test authority"), _name("127.0.0.1")
    issued_by = x509.AuthorityKeyIdentifier.from_issuer_public_key(
        authority_key.public_key()
    )  # Python 3.13 insists
    authority = (
        _draft(authority_name, authority_name, authority_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key()), critical=False
        )
        .add_extension(_only_signs_certificates(), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    server = (
        _draft(server_name, authority_name, server_key)
        .add_extension(issued_by, critical=False)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(authority_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    contents = {
        "authority.pem": authority.public_bytes(pem),
        "server.pem": server.public_bytes(pem),
        "server.key": server_key.private_bytes(pem, *private),
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return folder / "authority.pem", folder / "server.pem", folder / "server.key"


def _only_signs_certificates() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _draft(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = utc_now()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
    )
