"""The calls of a bridge that has signed on."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from firmware_bridge.sync.channel import Channel, ServerError, checked_body, new_nonce
from firmware_bridge.sync.server_keys import REFUSED
from firmware_bridge.sync.sign_on import SignOn


class Server:
    """Authenticated calls over one connection. Each loop has its own; they share the sign-on.

    `on_result` is called after each call with whether it succeeded.
    """

    def __init__(
        self, channel: Channel, sign_on: SignOn, on_result: Callable[[bool], None]
    ) -> None:
        self._channel, self._sign_on, self._on_result = channel, sign_on, on_result

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Send one request and return the JSON of a 2xx answer.

        Raises:
            ServerError: no answer, another status, or another's signature.
        """
        try:
            answer = self._call_signed_on(method, path, body)
        except ServerError:
            self._on_result(False)
            raise
        self._on_result(True)
        return answer

    def _call_signed_on(self, method: str, path: str, body: object) -> Any:
        token = self._sign_on.token(self._channel)
        asked_at, nonce = self._sign_on.clock.monotonic(), new_nonce()
        reply = self._channel.call(method, path, body, token, nonce)
        if reply.status == HTTPStatus.UNAUTHORIZED:
            # The server does not know this token any more: sign on once more.
            self._sign_on.discard(token)
            token = self._sign_on.token(self._channel)
            reply = self._channel.call(method, path, body, token, nonce)
        self._sign_on.compare_clock(reply, asked_at)
        answer = checked_body(reply)
        if not self._sign_on.accepts(reply, nonce):
            raise ServerError(f"{method} {path.partition('?')[0]}: {REFUSED}")
        return answer

    def close(self) -> None:
        self._channel.close()
