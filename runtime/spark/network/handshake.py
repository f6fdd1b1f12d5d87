"""How both ends of a connection prove that they belong to the run: a challenge and an answer each.

The secret itself never travels. An answer is a keyed hash (HMAC-SHA256) of both ends' challenges,
of who calls whom and of which end answers, so that it is of no use anywhere else. Where the cluster
encrypts, TLS comes first, and the caller accepts the certificate of the run and no other.
"""

import hmac
import secrets
import select
import socket
import ssl
import struct
import tempfile
import time
from dataclasses import dataclass, field

from lenet.dsl.errors import LenetError
from lenet.runtime.spark.network.wire import Steps, driven, received, sent, tried

DRIVER = -1  # its rank
_HELLO = struct.Struct("!i32s")  # the caller's rank, and its challenge
_ANSWER = 32  # bytes, as long as a challenge
_WELCOME = b"\n"
_TRY_SECONDS = 10.0
_AGAIN_SECONDS = 0.1


class StrangerError(ConnectionError):
    """The other end does not know the secret."""


@dataclass(frozen=True)
class Secret:
    """What all ends of a run's connections know, and nobody else. Where `certificate` and its `key`
    are given, in PEM, connections are encrypted."""

    token: str = field(repr=False, default_factory=lambda: secrets.token_hex(32))
    certificate: str = field(repr=False, default="")
    key: str = field(repr=False, default="")

    def calling(self) -> ssl.SSLContext | None:
        """What a caller encrypts with; None where it does not."""
        return _context(ssl.PROTOCOL_TLS_CLIENT, self) if self.certificate else None

    def called(self) -> ssl.SSLContext | None:
        """What is encrypted with where others call; None where it is not. LenetError where no
        temporary file can be written."""
        if not self.certificate:
            return None
        context = _context(ssl.PROTOCOL_TLS_SERVER, self)
        context.num_tickets = 0  # nobody calls twice
        try:
            with tempfile.NamedTemporaryFile("w", prefix="lenet-") as file:  # ssl reads files only
                file.write(self.certificate + self.key)
                file.flush()
                context.load_cert_chain(file.name)
        except OSError as error:
            fix = "name a folder that can be written to with the environment variable TMPDIR"
            raise LenetError("cannot write a certificate for a moment", str(error), fix) from None
        return context


@dataclass(frozen=True)
class Ends:
    """Of a connection: the ranks of who calls whom, and what about ("line" or "mesh")."""

    secret: Secret
    about: str
    caller: int
    called: int

    def answer(self, end: str, challenges: bytes) -> bytes:
        words = f"lenet {self.about} {self.caller} {self.called} {end} ".encode()
        return hmac.digest(self.secret.token.encode(), words + challenges, "sha256")


def call(host: str, port: int, ends: Ends, seconds: float) -> socket.socket:
    """A connection, which does not block, to who has proved that it is `ends.called`.

    Who is called may be busy with strangers, so it is called again until `seconds` are over.
    OSError where it cannot be reached, at once where nobody listens or a stranger does.
    """
    end = time.monotonic() + seconds
    context = ends.secret.calling()
    while True:
        try:
            return _call(host, port, ends, context, min(end, time.monotonic() + _TRY_SECONDS))
        except (
            ConnectionRefusedError, StrangerError, socket.gaierror, ssl.SSLCertVerificationError
        ):  # fmt: skip
            raise
        except OSError:
            if time.monotonic() + _AGAIN_SECONDS > end:
                raise
        time.sleep(_AGAIN_SECONDS)


def _call(
    host: str, port: int, ends: Ends, context: ssl.SSLContext | None, end: float
) -> socket.socket:
    place = host.strip("[]"), port
    connection = socket.create_connection(place, max(0.1, end - time.monotonic()))
    try:
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if context is not None:
            connection = context.wrap_socket(connection, do_handshake_on_connect=False)
        driven(_introduced(connection, ends), connection, end)
    except BaseException:
        connection.close()
        raise
    return connection


def _introduced(connection: socket.socket, ends: Ends) -> Steps[None]:
    """The caller's side."""
    yield from _encrypted(connection)
    mine = secrets.token_bytes(_ANSWER)
    yield from sent(connection, _HELLO.pack(ends.caller, mine))
    theirs = yield from received(connection, _ANSWER)
    answer = yield from received(connection, _ANSWER)
    if not hmac.compare_digest(answer, ends.answer("called", mine + theirs)):
        raise StrangerError("who answers there does not belong to the run")
    yield from sent(connection, ends.answer("caller", mine + theirs))
    yield from received(connection, len(_WELCOME))


def greeted(connection: socket.socket, secret: Secret, about: str, rank: int) -> Steps[int]:
    """The side that is called, and has `rank`: the rank of the caller, once it is proved."""
    yield from _encrypted(connection)
    hello = yield from received(connection, _HELLO.size)
    caller, theirs = _HELLO.unpack(hello)
    ends = Ends(secret, about, caller, rank)
    mine = secrets.token_bytes(_ANSWER)
    yield from sent(connection, mine + ends.answer("called", theirs + mine))
    answer = yield from received(connection, _ANSWER)
    if not hmac.compare_digest(answer, ends.answer("caller", theirs + mine)):
        raise StrangerError("who calls does not belong to the run")
    yield from sent(connection, _WELCOME)
    return int(caller)


def _encrypted(connection: socket.socket) -> Steps[None]:
    if isinstance(connection, ssl.SSLSocket):
        yield from tried(connection.do_handshake, select.POLLIN)


def _context(protocol: int, secret: Secret) -> ssl.SSLContext:
    context = ssl.SSLContext(protocol)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    if protocol == ssl.PROTOCOL_TLS_CLIENT:
        context.check_hostname = False  # the certificate is known, wherever it is
        context.load_verify_locations(cadata=secret.certificate)
    return context
