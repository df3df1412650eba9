"""Enrolment of a box with a one-time token, or the code that stands for it.

A folder is enrolled once. Its journal belongs to its bridge, and its key is in it: whoever still
has the folder has the key, and a new key comes by `rotate`. A box that has lost its folder is a new
bridge, because the numbers of the entries that it has lost are not used again.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firmware_bridge.config import Config
from firmware_bridge.config_table import ConfigError
from firmware_bridge.store.box_settings import Identity
from firmware_bridge.store.journal import Journal
from firmware_bridge.sync.channel import Channel, RequestRefused, ServerError
from firmware_bridge.wire.messages import fields

# The name of the key among the journal's settings until the server has answered.
_KEY: Final = "enrolling_key"
_STEPS: Final[Mapping[int, str]] = {
    HTTPStatus.UNAUTHORIZED: (
        "the code is wrong, was used, or is older than 15 minutes. Type it again, or make a new"
        " one on the page Doors and bridges"
    ),
    HTTPStatus.CONFLICT: (
        "that bridge has a box already, or was revoked. Replace it on the page Doors and bridges"
    ),
    HTTPStatus.TOO_MANY_REQUESTS: (
        "there were too many wrong codes. Show the QR code to a reader (--scan), or wait 15 minutes"
    ),
}


class NotEnrolled(Exception):  # noqa: N818 -- a state that the operator changes
    """The box has no identity yet."""


def identity_of(journal: Journal) -> Identity:
    """The identity of this box.

    Raises:
        NotEnrolled: it has none.
    """
    identity = journal.identity()
    if identity is None:
        raise NotEnrolled("This box is not enrolled: run zone-bridge enrol first.")
    return identity


def check_new(journal: Journal) -> None:
    """Check that this folder is no bridge's yet.

    Raises:
        RequestRefused: it is one's, whose entries would be sent as another's, behind a chain that
            the server does not know.
    """
    before = journal.identity()
    if before is not None:
        raise RequestRefused(
            f"this folder is that of bridge {before.bridge}, with {journal.waiting()} entries to"
            " upload. Set another data folder in the settings; for another key: zone-bridge rotate"
        )


def enrol(journal: Journal, channel: Channel, token: str) -> Identity:
    """Make a device key, register its public half at the server, and store the identity.

    Raises:
        ServerError: no answer; the token is unknown, used or too old; the folder is enrolled.
    """
    check_new(journal)
    key = _device_key(journal)
    public = key.public_key().public_bytes_raw().hex()
    reply = channel.call("POST", "/enrol", {"token": token, "public_key": public})
    if reply.status != HTTPStatus.CREATED:
        # By the number: a proxy answers with numbers that have no name.
        step = _STEPS.get(reply.status, "try again, with a new code if need be")
        raise RequestRefused(f"{step} (the server answered {reply.status})", reply.status)
    try:
        bridge = fields.text(fields.mapping(reply.body, "answer"), "bridge")
    except fields.MessageError as error:
        raise ServerError(str(error)) from error
    identity = Identity(bridge, key.private_bytes_raw())
    journal.save_identity(identity)
    return identity


def server_of(config: Config, journal: Journal) -> str:
    """The origin of the box's server: that of the settings, else that of the enrolment.

    Raises:
        ConfigError: neither is known.
    """
    server = config.server or journal.server()
    if server is None:
        raise ConfigError("server: a text is needed, such as https://zone.example")
    return server


def _device_key(journal: Journal) -> Ed25519PrivateKey:
    """The key to enrol, on disk before it is sent; it never leaves this computer."""
    # The same one each time: where the answer was lost, the server knows it by its key.
    stored = journal.setting(_KEY)
    if stored is not None:
        return Ed25519PrivateKey.from_private_bytes(stored)
    key = Ed25519PrivateKey.generate()
    journal.save_setting(_KEY, key.private_bytes_raw())
    return key
