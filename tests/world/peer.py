"""A small HTTP server with the bridge API, written with the same wire modules, for tests."""

import json
import secrets
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from firmware_bridge.wire.messages.changes import Changes, SharedGrant, StoredEnd
from firmware_bridge.wire.messages.commands import DoorCommand
from firmware_bridge.wire.messages.enrol import rotate_message, sign_on_message
from firmware_bridge.wire.messages.entries import Entry, Upload, UploadAck, hash_entry
from firmware_bridge.wire.messages.fields import MessageError
from firmware_bridge.wire.messages.holders import Holder
from firmware_bridge.wire.messages.signature import (
    NONCE_HEADER,
    SIGNATURE_HEADER,
    answer_message,
    digest_exchange,
    format_signature,
    write_issuers,
)
from firmware_bridge.wire.messages.site import Site
from firmware_bridge.wire.version import WIRE

Answer = tuple[int, object]


class Peer:
    """The state of the server, and settings by which it misbehaves."""

    def __init__(self, site: Site) -> None:
        self.site, self.site_digest = site, "site-1"
        self.epoch, self.page = "epoch-1", 500
        self.rows: dict[int, tuple[int, object]] = {}
        self.asked_only: dict[int, Holder] = {}
        self.entries: dict[tuple[str, int], dict[str, Any]] = {}
        self.heads: dict[tuple[str, int], bytes] = {}
        self.uploads: list[Upload] = []
        self.orders: list[DoorCommand] = []
        # Grants of other boxes, of which a bridge has those up to the number that it names.
        self.shared: list[SharedGrant] = []
        self.statuses: list[dict[str, str]] = []
        self.next_keys: dict[str, Ed25519PublicKey] = {}
        self.questions: list[dict[str, Any]] = []
        self.sign_ons = 0
        self.ask_delay = 0.0
        self.busy = 0
        self.drop_answers = 0
        self.unsettled: set[int] = set()
        self.lifetime = 900
        self.clock_offset = 0.0
        # The keys that sign its answers; a server of before wire version 5 has none.
        self.issuers: dict[int, bytes] = {}
        self.signing, self.wire = 1, WIRE
        self._issuer_keys: dict[int, Ed25519PrivateKey] = {}
        # Changes what is signed and sent: see `sign`.
        self.forge: Callable[[dict[str, Any]], None] | None = None
        self._version = 0
        self._lock = threading.RLock()
        self._tokens: dict[str, str] = {}
        self._bridges: dict[str, Ed25519PublicKey] = {}
        self._revoked: set[str] = set()
        self._challenges: set[str] = set()
        self._invitations: dict[str, str] = {}
        # Token and key → the bridge, for who has not heard the answer.
        self._enrolled: dict[tuple[str, str], str] = {}
        self._http: ThreadingHTTPServer | None = None
        self._port = 0

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Listen, on the same port as before."""
        peer = self

        class Handler(_Handler):
            owner = peer

        self._http = _Server(("127.0.0.1", self._port), Handler)
        self._port = self._http.server_address[1]
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Close the port and every open connection."""
        if self._http is not None:
            self._http.shutdown()
            self._http.server_close()
            self._http = None

    def invite(self, bridge: str | None = None) -> str:
        """Return a token that enrols a new bridge, or that bridge anew."""
        token = secrets.token_urlsafe(16)
        self._invitations[token] = bridge or str(uuid.uuid4())
        return token

    def sign_from(self, number: int) -> None:
        """Sign with a new key of that number, from the next sign-on on."""
        self.add_issuer(number)
        self.signing = number

    def add_issuer(self, number: int) -> None:
        key = self._issuer_keys[number] = Ed25519PrivateKey.generate()
        self.issuers = {**self.issuers, number: key.public_key().public_bytes_raw()}

    def sign(self, bridge: str | None, request: dict[str, Any]) -> tuple[bytes, str | None]:
        """Return the body and the signature of an answer, as `forge` has changed them.

        `request` has the nonce, the method, the target, and the bodies `sent` and `data`.
        """
        parts = {"bridge": bridge or "", "issuer": self.signing, "header": "", **request}
        parts |= {"key": self._issuer_keys.get(self.signing), "changed": lambda data: data}
        if self.forge is not None:
            self.forge(parts)
        sent = parts["changed"](request["data"])
        if not self.issuers or not parts["nonce"] or parts["header"] is None:
            return sent, None
        exchange = digest_exchange(parts["method"], parts["target"], parts["sent"], parts["data"])
        signature = parts["key"].sign(answer_message(parts["bridge"], parts["nonce"], exchange))
        return sent, parts["header"] or format_signature(parts["issuer"], signature)

    def bridge_of(self, token: str, body: Any) -> str | None:
        return self._tokens.get(token) or (body.get("bridge") if isinstance(body, dict) else None)

    def put(self, *holders: Holder) -> None:
        """Add new states of holders to the change feed."""
        for holder in holders:
            self.put_raw(holder.holder, holder.to_json())

    def put_raw(self, holder: int, row: object) -> None:
        with self._lock:
            self._version += 1
            self.rows[holder] = (self._version, row)

    def change_site(self, site: Site) -> None:
        with self._lock:
            self.site, self.site_digest = site, f"site-{secrets.token_hex(4)}"

    def revoke_tokens(self) -> None:
        with self._lock:
            self._tokens.clear()

    def set_revoked(self, revoked: bool = True) -> None:
        """Revoke every bridge, or know them again."""
        with self._lock:
            self._revoked = set(self._bridges) if revoked else set()
            self._tokens.clear()

    # The API.

    def answer(self, method: str, url: str, body: Any, token: str | None) -> Answer:
        path, query = (
            urlsplit(url).path.removeprefix("/api/v1/bridge"),
            parse_qs(urlsplit(url).query),
        )
        with self._lock:
            if path in ("/enrol", "/challenge", "/sign-on"):
                return getattr(self, path[1:].replace("-", "_"))(body)  # type: ignore[no-any-return] # all return Answer
            bridge = self._tokens.get(token or "")
            if bridge is None:
                return 401, {"code": "sign_on_again"}
        if (method, path) == ("POST", "/ask"):
            return self.ask(body)
        if path == "/rotate":
            return self.rotate(bridge, body)
        with self._lock:
            if path == "/chain":
                after = int(query["after"][0])
                return 200, {"rows": [row for row in self.chain(bridge) if row["seq"] > after]}
            return self.receive(bridge, body) if path == "/entries" else self.changes(bridge, query)

    def enrol(self, body: Any) -> Answer:
        before = self._enrolled.get((body["token"], body["public_key"]))
        if before is not None:
            return 201, {"bridge": before}
        if body["token"] not in self._invitations:
            return 403, {"code": "enrolment_token_unknown"}
        bridge = self._invitations.pop(body["token"])
        self._enrolled[body["token"], body["public_key"]] = bridge
        self._bridges[bridge] = Ed25519PublicKey.from_public_bytes(
            bytes.fromhex(body["public_key"])
        )
        return 201, {"bridge": bridge}

    def challenge(self, body: Any) -> Answer:
        challenge = secrets.token_urlsafe(16)
        self._challenges.add(challenge)
        return 200, {"challenge": challenge}

    def sign_on(self, body: Any) -> Answer:
        if body["challenge"] not in self._challenges or body["bridge"] not in self._bridges:
            return 403, {"code": "bridge_unknown"}
        self._challenges.discard(body["challenge"])
        message = sign_on_message(body["bridge"], body["challenge"])
        if not self._proven(body["bridge"], message, bytes.fromhex(body["signature"])):
            return 403, {"code": "bridge_unknown"}
        if body["bridge"] in self._revoked:
            return 200, {"revoked": True}
        self.sign_ons += 1
        token = secrets.token_urlsafe(16)
        self._tokens[token] = body["bridge"]
        now = time.time() + self.clock_offset  # noqa: TID251 -- the peer is a machine of its own
        answer = {"access_token": token, "expires_in": self.lifetime, "server_time": now}
        if self.issuers:
            answer |= {"wire": self.wire, "issuers": write_issuers(self.issuers)}
        return 200, answer

    def _proven(self, bridge: str, message: bytes, signature: bytes) -> bool:
        """Verify with the key in use or the next one, which then becomes the one in use."""
        following = self.next_keys.get(bridge)
        for key in (self._bridges[bridge], following):
            try:
                if key is not None:
                    key.verify(signature, message)
                    if key is following:
                        self._bridges[bridge] = self.next_keys.pop(bridge)
                    return True
            except InvalidSignature:
                continue
        return False

    def rotate(self, bridge: str, body: Any) -> Answer:
        public = bytes.fromhex(body["public_key"])
        key = Ed25519PublicKey.from_public_bytes(public)
        key.verify(bytes.fromhex(body["signature"]), rotate_message(bridge, public))
        self.next_keys[bridge] = key
        return 204, None

    def receive(self, bridge: str, body: Any) -> Answer:
        if self.busy:
            self.busy -= 1
            return 503, {"code": "busy"}
        upload = Upload.from_json(body)
        stored: list[int] = []
        duplicates: list[int] = []
        head = upload.after
        for raw in upload.rows:
            entry = Entry.from_json(raw)
            head = hash_entry(head, entry)
            if entry.seq in self.unsettled:
                continue
            if (bridge, entry.seq) in self.entries:
                duplicates.append(entry.seq)
            else:
                self.entries[bridge, entry.seq] = entry.to_json()
                self.heads[bridge, entry.seq] = head
                stored.append(entry.seq)
        if head != upload.head:
            return 409, {"code": "chain_broken"}
        self.uploads.append(upload)
        return 200, UploadAck(tuple(stored), tuple(duplicates), ()).to_json()

    def changes(self, bridge: str, query: dict[str, list[str]]) -> Answer:
        after, epoch = int(query["after"][0]), query.get("epoch", [""])[0]
        snapshot = epoch != self.epoch
        after = 0 if snapshot else after
        rows = sorted((row for row in self.rows.values() if row[0] > after), key=lambda row: row[0])
        page, more = rows[: self.page], len(rows) > self.page
        site = None if query.get("site_digest", [""])[0] == self.site_digest else self.site
        version = page[-1][0] if page else max(after, 0)
        parts = tuple(row[1] for row in page)
        self.statuses.append({name: values[0] for name, values in query.items()})
        orders = tuple(order.to_json() for order in self.orders)
        stored = self.chain(bridge)[-1:] if self.issuers else []
        end = StoredEnd(stored[0]["seq"], bytes.fromhex(stored[0]["head"])) if stored else None
        return 200, Changes(
            self.epoch,
            version,
            snapshot,
            more,
            parts,
            site,
            self.site_digest,
            orders,
            grants=tuple(self.shared[int(query.get("grants_after", ["0"])[0]) :]),
            grants_seen=len(self.shared) if self.issuers else None,
            stored=end,
        ).to_json()

    def chain(self, bridge: str) -> list[dict[str, Any]]:
        """The entries of a bridge with the hashes after them, in their order."""
        found = sorted(seq for owner, seq in self.entries if owner == bridge)
        return [
            {
                "seq": seq,
                "uuid": self.entries[bridge, seq]["uuid"],
                "head": self.heads[bridge, seq].hex(),
            }
            for seq in found
        ]

    def ask(self, body: Any) -> Answer:
        self.questions.append(body)
        time.sleep(self.ask_delay)
        kid = body["kid"]
        rows = [
            h
            for h in self.asked_only.values()
            if h.holder == body["holder"] or kid in {key.kid.hex() for key in h.keys}
        ]
        return 200, {"rows": [row.to_json() for row in rows]}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, *args: Any) -> None:
        self._open: set[Any] = set()
        super().__init__(*args)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        super().server_close()
        for request in list(self._open):
            self.shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore errors of connections that were closed on purpose."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    owner: Peer

    def do_GET(self) -> None:
        self._serve("GET")

    def do_POST(self) -> None:
        self._serve("POST")

    def _serve(self, method: str) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        body = json.loads(raw) if raw else None
        bridge = self.owner.bridge_of(token, body)
        try:
            status, answer = self.owner.answer(method, self.path, body, token)
        except MessageError as error:
            status, answer = 400, {"code": str(error)}
        if self.owner.drop_answers > 0 and self.path.endswith("/entries") and status == 200:
            self.owner.drop_answers -= 1
            self.close_connection = True
            return
        data = b"" if status == 204 else json.dumps(answer).encode()
        request = {"method": method, "target": self.path, "sent": raw, "data": data}
        data, signature = self.owner.sign(
            bridge, {**request, "nonce": self.headers.get(NONCE_HEADER)}
        )
        self.send_response(status)
        if signature is not None:
            self.send_header(SIGNATURE_HEADER, signature)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The `Date` of an answer, by the peer's own clock."""
        now = time.time() + self.owner.clock_offset  # noqa: TID251 -- a machine of its own
        return super().date_time_string(now if timestamp is None else timestamp)

    def log_message(self, *args: object) -> None:
        """Write no access log."""


@contextmanager
def serving(site: Site) -> Iterator[Peer]:
    peer = Peer(site)
    peer.start()
    try:
        yield peer
    finally:
        peer.stop()
