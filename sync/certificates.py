"""Certificates as both ends use them: what a key, a request and a certificate are here, and no word about who may have one.

Keys are EC P-256 (every TLS library has it, and a Pi signs with it in a millisecond). A certificate and its key stand in **one** PEM
file, so that renewing is one rename: there is never a moment in which a new certificate stands beside an old key.

Between gates and head office the validity begins on a fixed day (`EPOCH`), whatever the clock says: a Pi that wakes up before its time
must still be able to connect. A page's certificate begins with the day before: browsers want short ones.
"""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
PEM = serialization.Encoding.PEM


class BadCertificate(ValueError):
    """What was given is not what it should be; the message says why."""


def new_key() -> ec.EllipticCurvePrivateKey:
    """A key pair."""
    return ec.generate_private_key(ec.SECP256R1())


def key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The private key, not encrypted: the file it goes into is one user's alone."""
    return key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def load_key(pem: bytes) -> ec.EllipticCurvePrivateKey:
    """The key of a PEM file that may have a certificate too. Raises BadCertificate."""
    try:
        key = serialization.load_pem_private_key(pem, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as e:
        raise BadCertificate("no private key is in it") from e
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise BadCertificate("the private key is no EC key")
    return key


def load(pem: bytes) -> x509.Certificate:
    """The first certificate of a PEM file. Raises BadCertificate."""
    try:
        return x509.load_pem_x509_certificate(pem)
    except ValueError as e:
        raise BadCertificate("no certificate is in it") from e


def named(common_name: str) -> x509.Name:
    """A name that is a common name and nothing else."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64])])


def common_name(name: x509.Name) -> str:
    """The common name; "" where there is none."""
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else ""


def request(key: ec.EllipticCurvePrivateKey, common_name_: str) -> bytes:
    """A certificate signing request (PEM): its signature proves that whoever asks has the key."""
    made = x509.CertificateSigningRequestBuilder().subject_name(named(common_name_)).sign(key, hashes.SHA256())
    return made.public_bytes(PEM)


def load_request(pem: bytes) -> x509.CertificateSigningRequest:
    """A request whose own signature is right and whose key is EC P-256. Raises BadCertificate."""
    try:
        found = x509.load_pem_x509_csr(pem)
        right = found.is_signature_valid
    except (ValueError, UnsupportedAlgorithm, InvalidSignature) as e:
        raise BadCertificate("this is no certificate request") from e
    key = found.public_key()
    if not right or not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise BadCertificate("the request is not signed by an EC P-256 key of its own")
    return found


def builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, begins: datetime, ends: datetime
) -> x509.CertificateBuilder:
    """What every certificate here has."""
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
    )


def usage(*, sign_certificates: bool) -> x509.KeyUsage:
    """An authority's, or everybody else's."""
    return x509.KeyUsage(
        digital_signature=not sign_certificates,
        key_cert_sign=sign_certificates,
        crl_sign=sign_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def alternative(name: str) -> x509.GeneralName:
    """A host name or an address, as a certificate names it."""
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def same_key(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> bool:
    """Whether the certificate is for this key."""
    form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return certificate.public_key().public_bytes(*form) == key.public_key().public_bytes(*form)


def issued_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    """Whether the authority signed it. What it is for, and until when, is the caller's question."""
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
