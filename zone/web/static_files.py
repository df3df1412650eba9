"""Static files: styles, scripts, icons and the font, at addresses that never change their content.

Theory of operation. One digest over all static files of the application is the first part of their
path: `/static/<digest>/zone.css`. So `url()` and `import` with a relative address find files of the
same version, and a browser may keep each for ever. A changed file changes all addresses; they are
few and small. An address with another digest is a 404: an older page gets no newer script. An
address without a digest, of a bookmark or of a page from before, is answered and asked for again.

A folder with the name of a file, as `zone.css/`, is that file: its parts in the order of their
names. A folder of modules, as `pass.mjs/`, is one script: see `script_modules`. So the sources
stay short, and a page needs one request, without a build.

The files are read once. A change shows after a restart, as in templates.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from flask import Flask, Response, abort, current_app, request

from zone.web import compression, script_modules
from zone.web.auth import public

ENDPOINT: Final = "static"
KEY: Final = "zone_static_files"
FOREVER: Final = "public, max-age=31536000, immutable"
ASK_AGAIN: Final = "no-cache"
OWN: Final = Path(__file__).parent / "static"
KINDS: Final = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
"""Media types by suffix. Python's table depends on the files of the machine."""
_DIGEST: Final = re.compile(r"[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class StaticFile:
    """The content of a file, its media type and entity tag, and its gzip where that is smaller."""

    body: bytes
    kind: str
    etag: str
    packed: bytes | None


class StaticFiles:
    """All static files of an application, by their path below `/static/<digest>/`."""

    def __init__(self, folders: Iterable[tuple[str, Path]]) -> None:
        """Take folders, each with the name that it has below the digest."""
        self._folders = (("", OWN), *folders)

    @cached_property
    def files(self) -> Mapping[str, StaticFile]:
        """The files by path, read at the first use: most commands need none."""
        return {
            f"{name}/{path.name}".lstrip("/"): file_of(_content(path), KINDS[path.suffix])
            for name, folder in self._folders
            for path in sorted(folder.iterdir())
        }

    @cached_property
    def digest(self) -> str:
        """12 hexadecimal digits over the paths and contents of all files."""
        whole = sha256()
        for path, file in sorted(self.files.items()):
            whole.update(f"{path} {file.etag}\n".encode())
        return whole.hexdigest()[:12]

    @property
    def base(self) -> str:
        """The address below which the files of this version lie."""
        return f"/static/{self.digest}/"


def _content(path: Path) -> bytes:
    if path.suffix == ".mjs" and path.is_dir():
        return script_modules.bundle(path)
    if path.is_dir():
        return b"".join(part.read_bytes() for part in sorted(path.iterdir()))
    return path.read_bytes()


def file_of(body: bytes, kind: str) -> StaticFile:
    """Return a file with this content, compressed once for all requests."""
    packed = None
    if compression.is_text(kind) and len(body) >= compression.LEAST_BYTES:
        packed = compression.pack(body, compression.STATIC_LEVEL)
    return StaticFile(body, kind, sha256(body).hexdigest()[:32], packed)


def install(app: Flask, folders: Iterable[tuple[str, Path]]) -> None:
    """Serve the static files, and let `url_for("static", filename=…)` add the digest."""
    app.extensions[KEY] = StaticFiles(folders)
    app.add_url_rule("/static/<path:filename>", ENDPOINT, static_file)

    @app.url_defaults
    def with_digest(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == ENDPOINT:
            values["filename"] = f"{files_of(app).digest}/{values['filename']}"


def files_of(app: Flask) -> StaticFiles:
    """Return the static files of the application."""
    found: StaticFiles = app.extensions[KEY]
    return found


@public
def static_file(filename: str) -> Response:
    """Return a static file."""
    files = files_of(current_app)
    digest, _, rest = filename.partition("/")
    named = _DIGEST.fullmatch(digest) is not None
    if named and digest != files.digest:
        abort(404)
    file = files.files.get(rest if named else filename)
    if file is None:
        abort(404)
    response = _answer(file)
    response.headers["Cache-Control"] = FOREVER if named else ASK_AGAIN
    response.make_conditional(request)
    return response


def _answer(file: StaticFile) -> Response:
    if file.packed is None or not compression.accepts_gzip(request):
        response = Response(file.body, mimetype=file.kind)
        response.set_etag(file.etag)
    else:
        response = Response(file.packed, mimetype=file.kind)
        response.headers["Content-Encoding"] = "gzip"
        response.set_etag(f"{file.etag}-gzip")  # other bytes: a strong tag of their own
    if file.packed is not None:
        response.vary.add("Accept-Encoding")
    return response
