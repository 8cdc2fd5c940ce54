"""An authority for tests: certificates of servers, stations and strangers, as files and as SSL contexts."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

_NOT_ITS = dict.fromkeys(
    ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only"),
    False,
)
_MAY_SIGN = x509.KeyUsage(digital_signature=True, key_cert_sign=True, crl_sign=True, **_NOT_ITS)


def named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def request_for(name: str, key: ec.EllipticCurvePrivateKey) -> str:
    """A certificate request, as a station makes one."""
    return (
        x509.CertificateSigningRequestBuilder()
        .subject_name(named(name))
        .sign(key, hashes.SHA256())
        .public_bytes(Encoding.PEM)
        .decode()
    )


@dataclass
class Files:
    """A certificate and its key."""

    certificate: Path
    key: Path


class Authority:
    """Signs whatever a test wants."""

    def __init__(self, folder: Path, name: str = "Test Authority") -> None:
        folder.mkdir(exist_ok=True)
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = named(name)
        self._certificate = self._made(self._name, self._key.public_key(), ca=True)
        self.files = self._written("ca", self._certificate, self._key)

    def issue(self, name: str, *, lasts: timedelta = timedelta(days=1)) -> Files:
        """For a station, or for the server 127.0.0.1; one that `lasts` less than no time is over."""
        key = ec.generate_private_key(ec.SECP256R1())
        return self._written(name, self._made(named(name), key.public_key(), ca=False, lasts=lasts), key)

    def client(self, files: Files | None = None) -> ssl.SSLContext:
        """A station that trusts this authority, with a certificate of its own or without."""
        context = ssl.create_default_context(cafile=str(self.files.certificate))
        if files is not None:
            context.load_cert_chain(files.certificate, files.key)
        return context

    def _made(
        self, name: x509.Name, key: ec.EllipticCurvePublicKey, *, ca: bool, lasts: timedelta = timedelta(days=1)
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + lasts)
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        if ca:
            # Python 3.13 and newer believe no authority that does not say what its key is for.
            builder = builder.add_extension(_MAY_SIGN, critical=True)
        else:
            addresses = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
            builder = builder.add_extension(addresses, critical=False)
        return builder.sign(self._key, hashes.SHA256())

    def _written(self, name: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Files:
        files = Files(self._folder / f"{name}.crt", self._folder / f"{name}.key")
        files.certificate.write_bytes(certificate.public_bytes(Encoding.PEM))
        files.key.write_bytes(pem(key))
        return files
