"""How often a client may ask, whichever process answers it."""

import mmap
import os
import struct
import time
from hashlib import blake2b

_PLACES = 2**14
_TIME = struct.Struct("d")


class Rate:
    """So many requests a second for each address, and as many at once after a pause.

    The generic cell rate algorithm: of each client it keeps only when the next request would be due
    if all came evenly. These times lie in memory that processes share which are forked from this
    one. Clients whose addresses fall on the same place share their rate. Two processes that look at
    the same moment may let one request too many through, which does no harm.
    """

    def __init__(self, rate: float) -> None:
        self._every = 1 / rate
        self._ahead = max(0.0, 1.0 - self._every)  # by so much the next one may be due later
        self._times = mmap.mmap(-1, _PLACES * _TIME.size)
        self._key = os.urandom(16)  # so that nobody can choose an address to slow another one down

    def wait(self, client: str) -> float:
        """0 where the client may ask now, which is counted; else the seconds until it may."""
        digest = blake2b(client.encode(), digest_size=4, key=self._key).digest()
        place = int.from_bytes(digest, "little") % _PLACES * _TIME.size
        now = time.monotonic()
        due = max(now, _TIME.unpack_from(self._times, place)[0])
        if due - now > self._ahead:
            return float(due - now - self._ahead)
        _TIME.pack_into(self._times, place, due + self._every)
        return 0.0
