"""gzip of answers of text, for clients that accept it.

Theory of operation. BREACH reads a secret of a page from the length of its compressed answers: the
attacker lets the browser ask again and again with a guess in the address that the page repeats, and
a right guess makes the answer shorter. Our pages repeat search terms, and hold names, sums and, in
forms, the CSRF token of the session. So what comes with a session is compressed only where our own
page asked for it, or nobody (an address typed, a bookmark): then no attacker chose the address. The
browser says so in `Sec-Fetch-Site`; one that does not is answered uncompressed. A guest's page has
no secret, and a bearer token is never sent by another site's request.

In front of Zone nothing else should compress: it does not know of this. Images, the font and what
is downloaded as an archive are compressed already; another round makes them larger.
"""

import gzip
from typing import Final

from flask import Request, Response

from zone.core.config import Settings
from zone.core.identity import Actor
from zone.web import csrf

LEAST_BYTES: Final = 1000
"""Less fits into one packet, compressed or not."""
# Of a timetable of 28 KB, 1 leaves 16.8 %, 5 leaves 15.1 %, 9 leaves 14.7 %; each in 0.1 to 0.3 ms.
LEVEL: Final = 5
STATIC_LEVEL: Final = 9
_KINDS: Final = frozenset(
    {"application/json", "application/manifest+json", "application/problem+json", "image/svg+xml"}
)


def compress(response: Response, request: Request, actor: Actor | None, settings: Settings) -> None:
    """Compress the answer where it is worth it and safe, and the client accepts it."""
    if not (_is_whole_text(response) and len(response.get_data()) >= LEAST_BYTES):
        return
    response.headers.add("Vary", "Accept-Encoding")
    if not (accepts_gzip(request) and _is_safe(request, actor, settings)):
        return
    response.set_data(pack(response.get_data(), LEVEL))
    response.headers["Content-Encoding"] = "gzip"
    etag, _ = response.get_etag()
    if etag is not None:
        # Other bytes with the same meaning: what a weak tag says (RFC 9110, 8.8.1).
        response.set_etag(etag, weak=True)


def accepts_gzip(request: Request) -> bool:
    """Return whether the client can read gzip."""
    return request.accept_encodings.quality("gzip") > 0


def is_text(kind: str) -> bool:
    """Return whether gzip makes content of this media type smaller."""
    return kind.startswith("text/") or kind in _KINDS


def pack(body: bytes, level: int) -> bytes:
    """Return the body as gzip, the same bytes each time."""
    return gzip.compress(body, level, mtime=0)


def _is_whole_text(response: Response) -> bool:
    return (
        is_text(response.mimetype or "")
        and "Content-Encoding" not in response.headers
        and not response.is_streamed
        and response.status_code not in {204, 206, 304}
    )


def _is_safe(request: Request, actor: Actor | None, settings: Settings) -> bool:
    if actor is None or csrf.bearer_of(request) is not None:
        return True
    return csrf.comes_from_us(request, settings) is True
