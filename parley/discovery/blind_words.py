"""Words of the index as they lie in the database: keyed hashes, by which nobody without the server's secret reads them.

A word is hashed letter by letter, each with all before it: so words that begin alike look alike at their beginnings, as
searching by how a word begins needs it. Facts of a post (`#tag`, `@account`, `:has:poll`) are no secret, and stay.
"""

import base64
import functools
import hashlib

from parley.kit.db import Connection
from parley.kit.server_secrets import KeptSecret

_SECRET = KeptSecret("words of the index")
_SIGNS = ("#", "@", ":")
# Each hash is four characters of base 64: all of a first letter, which may be one of many thousands; of others less.
_BYTES, _NEXT_CHARACTERS = 3, 3
_WORDS_KEPT_MAX = 50_000


async def index_secret(conn: Connection) -> bytes:
    """Raises NoMasterKey."""
    return await _SECRET.read(conn)


@functools.lru_cache(maxsize=_WORDS_KEPT_MAX)
def blind(secret: bytes, word: str) -> str:
    """What stands in the index for a word; whatever begins with it begins alike."""
    if word.startswith(_SIGNS):
        return word
    hashed = hashlib.blake2b(key=secret, digest_size=_BYTES)
    hashes = []
    for letter in word:
        hashed.update(letter.encode("utf-8", "surrogatepass"))
        hashes.append(hashed.digest())
    text = base64.b64encode(b"".join(hashes)).decode()
    return text[:4] + "".join(text[start : start + _NEXT_CHARACTERS] for start in range(4, len(text), 4))
