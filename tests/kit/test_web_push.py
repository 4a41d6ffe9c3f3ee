"""Encryption of pushed messages, checked by the RFC's own example and by a library of other hands."""

import json
from datetime import UTC, datetime

import http_ece
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from parley.kit.web_push import (
    PLAIN_BYTES_MAX,
    Target,
    VapidKey,
    base64_url,
    encrypt,
    encrypt_as_drafted,
    from_base64,
    is_public_key,
    public_bytes,
    pushed,
)

AUTH = b"sixteen letters!"


def test_the_example_of_the_standard():
    """RFC 8291, section 5."""
    sender = from_base64("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")
    target = Target(
        from_base64(
            "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
        ),
        from_base64("BTBZMqHH6r4Tts7J_aSIgg"),
    )
    body = encrypt(
        target,
        b"When I grow up, I want to be a watermelon",
        salt=from_base64("DGv6ra1nlYgDCS1FRnbzlw"),
        private=ec.derive_private_key(int.from_bytes(sender), ec.SECP256R1()),
    )
    assert base64_url(body) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl"
        "7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


@pytest.mark.parametrize("plain", [b"", b"hello", b"\x00\x02\x01", b"x" * PLAIN_BYTES_MAX])
def test_another_library_opens_both_forms(plain):
    private = ec.generate_private_key(ec.SECP256R1())
    target = Target(public_bytes(private), AUTH)
    body = encrypt(target, plain)
    assert len(body) <= 4096
    assert http_ece.decrypt(body, private_key=private, auth_secret=AUTH, version="aes128gcm") == plain
    drafted, salt, sender = encrypt_as_drafted(target, plain)
    opened = http_ece.decrypt(
        drafted,
        salt=salt,
        private_key=private,
        dh=sender,
        auth_secret=AUTH,
        keylabel="P-256",
        version="aesgcm",
    )
    assert opened == plain
    assert encrypt(target, plain) != body


def test_who_sends_is_signed_and_stays_the_same():
    key, now = VapidKey(b"k" * 32), datetime(2026, 3, 4, tzinfo=UTC)
    assert VapidKey(b"k" * 32).public == key.public != VapidKey(b"l" * 32).public
    assert is_public_key(from_base64(key.public))
    token = key.token("https://push.example:8443/path?x=y", "https://parley.test", now)
    head, claims, signature = token.split(".")
    assert json.loads(from_base64(head)) == {"typ": "JWT", "alg": "ES256"}
    assert json.loads(from_base64(claims)) == {
        "aud": "https://push.example:8443",
        "exp": int(now.timestamp()) + 12 * 3600,
        "sub": "https://parley.test",
    }
    check = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), from_base64(key.public))
    raw = from_base64(signature)
    der = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    check.verify(der, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
    with pytest.raises(InvalidSignature):
        check.verify(der, f"{head}.{claims}x".encode(), ec.ECDSA(hashes.SHA256()))


def test_headers_say_how_to_open_it():
    target = Target(public_bytes(ec.generate_private_key(ec.SECP256R1())), AUTH)
    vapid = VapidKey(b"k" * 32)
    standard = pushed(target, b"x", vapid, "token", standard=True).headers
    assert standard == {"content-encoding": "aes128gcm", "authorization": f"vapid t=token,k={vapid.public}"}
    drafted = pushed(target, b"x", vapid, "token", standard=False).headers
    assert drafted["content-encoding"] == "aesgcm"
    assert drafted["authorization"] == "WebPush token"
    # Real apps read what stands behind the last sign.
    assert drafted["crypto-key"].endswith(f";p256ecdsa={vapid.public}")


def test_keys_come_in_every_spelling_and_nonsense_is_none():
    key = public_bytes(ec.generate_private_key(ec.SECP256R1()))
    for text in (base64_url(key), base64_url(key) + "=", base64_url(key).replace("-", "+").replace("_", "/")):
        assert from_base64(text) == key
    assert is_public_key(key)
    assert not any(
        is_public_key(each)
        for each in (b"", key[:-1], b"\x05" + key[1:], b"\x04" + b"\x01" * 64, b"\x00" * 65)
    )
    assert [from_base64(each) for each in ("é", "a b", "%%%")] == [b""] * 3
