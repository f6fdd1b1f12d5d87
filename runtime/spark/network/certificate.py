"""A key and a certificate for one run, made by Java, since Python's own library makes none."""

import base64
import secrets
import ssl

from pyspark.sql import SparkSession

from lenet.runtime.spark.network.handshake import Secret

_BITS = 2048  # of RSA, which every Java has
_SPECS = "java.security.spec"
_SEQUENCE, _SET, _INTEGER, _BITS_TAG, _TEXT = b"\x30", b"\x31", b"\x02", b"\x03", b"\x0c"
_EARLY, _LATE = b"\x17\x0d700101000000Z", b"\x18\x0f99991231235959Z"  # clocks may be wrong
_COMMON_NAME = bytes.fromhex("0603550403")
_SHA256_WITH_RSA = bytes.fromhex("300d06092a864886f70d01010b0500")
_VERSION_3 = bytes.fromhex("a003020102")


def with_certificate(session: SparkSession) -> Secret:
    """A secret of a run whose connections are encrypted."""
    jvm = session.sparkContext._jvm
    assert jvm is not None
    java, find = jvm.java.security, jvm.java.lang.Class.forName
    maker = java.KeyPairGenerator.getInstance("RSA")
    maker.initialize(_BITS)
    pair = maker.generateKeyPair()
    # The keys' own classes are Java's secret, and cannot be asked.
    specs = java.KeyFactory.getInstance("RSA")
    public = specs.getKeySpec(pair.getPublic(), find(f"{_SPECS}.X509EncodedKeySpec"))
    private = specs.getKeySpec(pair.getPrivate(), find(f"{_SPECS}.PKCS8EncodedKeySpec"))
    content = _content(bytes(public.getEncoded()))
    signer = java.Signature.getInstance("SHA256withRSA")
    signer.initSign(pair.getPrivate())
    signer.update(content)
    signed = _der(_BITS_TAG, b"\0", bytes(signer.sign()))
    certificate = _der(_SEQUENCE, content, _SHA256_WITH_RSA, signed)
    key = base64.encodebytes(bytes(private.getEncoded())).decode()
    return Secret(
        certificate=ssl.DER_cert_to_PEM_cert(certificate),
        key=f"-----BEGIN PRIVATE KEY-----\n{key}-----END PRIVATE KEY-----\n",
    )


def _content(public_key: bytes) -> bytes:
    """The TBSCertificate of RFC 5280, section 4.1."""
    name = _der(_SEQUENCE, _der(_SET, _der(_SEQUENCE, _COMMON_NAME, _der(_TEXT, b"lenet"))))
    serial = _der(_INTEGER, b"\x01" + secrets.token_bytes(15))
    validity = _der(_SEQUENCE, _EARLY, _LATE)
    return _der(_SEQUENCE, _VERSION_3, serial, _SHA256_WITH_RSA, name, validity, name, public_key)


def _der(tag: bytes, *parts: bytes) -> bytes:
    """A value with its tag and length (ITU-T X.690)."""
    body = b"".join(parts)
    length = len(body).to_bytes((len(body).bit_length() + 7) // 8 or 1, "big")
    if len(body) >= 0x80:
        length = bytes([0x80 | len(length)]) + length
    return tag + length + body
