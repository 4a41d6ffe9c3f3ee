"""Web push: what is sent to a device encrypted for it alone (RFC 8291), and who sends it signed (VAPID, RFC 8292)."""

import base64
import binascii
import secrets
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

PUBLIC_KEY_BYTES = 65
AUTH_BYTES = 16
# Push services take 4096 bytes, of which the header, the padding's mark and the tag take 103.
PLAIN_BYTES_MAX = 3993
_RECORD_BYTES = 4096
# Services refuse more than a day, and clocks differ.
_TOKEN_LIFETIME = timedelta(hours=12)
_CURVE = ec.SECP256R1()
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


class Target(msgspec.Struct, frozen=True):
    """A device's public key, uncompressed, and the secret that it shares with its app's server."""

    public_key: bytes
    auth: bytes


class Message(msgspec.Struct, frozen=True):
    """The body and the headers of one request to a push service."""

    body: bytes
    headers: dict[str, str]


class VapidKey:
    """Who sends, for all push services: derived from one secret, so that nothing else needs keeping."""

    __slots__ = ("_private", "public")

    def __init__(self, secret: bytes) -> None:
        # Sixteen bytes more than the order has, so that the remainder favours no number.
        number = int.from_bytes(_hkdf(b"", secret, b"parley vapid key", 48))
        self._private = ec.derive_private_key(number % (_ORDER - 1) + 1, _CURVE)
        self.public = base64_url(public_bytes(self._private))

    def token(self, endpoint: str, subject: str, now: datetime) -> str:
        """A JWT for the endpoint's host; `subject` is where its operator reaches ours."""
        parts = urlsplit(endpoint)
        claims = {
            "aud": f"{parts.scheme}://{parts.netloc}",
            "exp": int((now + _TOKEN_LIFETIME).timestamp()),
            "sub": subject,
        }
        head = base64_url(b'{"typ":"JWT","alg":"ES256"}')
        signed = f"{head}.{base64_url(msgspec.json.encode(claims))}"
        one, other = decode_dss_signature(self._private.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{signed}.{base64_url(one.to_bytes(32) + other.to_bytes(32))}"


def pushed(target: Target, plain: bytes, vapid: VapidKey, token: str, *, standard: bool) -> Message:
    """As the standard says, or as its draft did, which older apps still decrypt."""
    if standard:
        headers = {"content-encoding": "aes128gcm", "authorization": f"vapid t={token},k={vapid.public}"}
        return Message(encrypt(target, plain), headers)
    body, salt, sender = encrypt_as_drafted(target, plain)
    return Message(
        body,
        {
            "content-encoding": "aesgcm",
            "encryption": f"salt={base64_url(salt)}",
            "crypto-key": f"dh={base64_url(sender)};p256ecdsa={vapid.public}",
            "authorization": f"WebPush {token}",
        },
    )


def encrypt(
    target: Target,
    plain: bytes,
    *,
    salt: bytes | None = None,
    private: ec.EllipticCurvePrivateKey | None = None,
) -> bytes:
    """RFC 8291, in one record. Salt and key are new for each message; tests bring those of the RFC's example."""
    salt = salt or secrets.token_bytes(16)
    private = private or ec.generate_private_key(_CURVE)
    sender = public_bytes(private)
    shared = _shared(private, target)
    material = _hkdf(target.auth, shared, b"WebPush: info\x00" + target.public_key + sender, 32)
    key = _hkdf(salt, material, b"Content-Encoding: aes128gcm\x00", 16)
    nonce = _hkdf(salt, material, b"Content-Encoding: nonce\x00", 12)
    header = salt + _RECORD_BYTES.to_bytes(4) + bytes([len(sender)]) + sender
    return header + AESGCM(key).encrypt(nonce, plain + b"\x02", None)


def encrypt_as_drafted(target: Target, plain: bytes) -> tuple[bytes, bytes, bytes]:
    """The draft's `aesgcm`: body, salt and the sender's public key."""
    salt = secrets.token_bytes(16)
    private = ec.generate_private_key(_CURVE)
    sender = public_bytes(private)
    material = _hkdf(target.auth, _shared(private, target), b"Content-Encoding: auth\x00", 32)
    sides = b"".join(len(each).to_bytes(2) + each for each in (target.public_key, sender))
    key = _hkdf(salt, material, b"Content-Encoding: aesgcm\x00P-256\x00" + sides, 16)
    nonce = _hkdf(salt, material, b"Content-Encoding: nonce\x00P-256\x00" + sides, 12)
    return AESGCM(key).encrypt(nonce, b"\x00\x00" + plain, None), salt, sender


def is_public_key(key: bytes) -> bool:
    """Whether it is a point of the curve, uncompressed."""
    if len(key) != PUBLIC_KEY_BYTES:
        return False
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, key)
    except ValueError:
        return False
    return True


def public_bytes(private: ec.EllipticCurvePrivateKey) -> bytes:
    return private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def derived_key(secret: bytes, purpose: bytes) -> bytes:
    """A key of its own out of a secret that serves several ends."""
    return _hkdf(b"", secret, purpose, 32)


def base64_url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64(text: str) -> bytes:
    """Either alphabet, with or without padding, as apps send it; empty for anything else."""
    plain = text.strip().rstrip("=").replace("+", "-").replace("/", "_")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""


def _shared(private: ec.EllipticCurvePrivateKey, target: Target) -> bytes:
    other = ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, target.public_key)
    return private.exchange(ec.ECDH(), other)


def _hkdf(salt: bytes, material: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(material)
