"""Enrolment of a bridge with a one-time token."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firmware_bridge.store.journal import Identity, Journal
from firmware_bridge.sync.client import Channel, ServerError
from firmware_bridge.wire.messages import fields


def enrol(journal: Journal, channel: Channel, token: str) -> Identity:
    """Make a device key, register its public half at the server, and store the identity.

    Raises:
        ServerError: no answer, or the token is unknown, used or too old.
    """
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes_raw().hex()
    reply = channel.call("POST", "/enrol", {"token": token, "public_key": public})
    if reply.status != 201:
        raise ServerError(
            f"the server answered {reply.status}:"
            " ask for a new enrolment token and use it within 15 min"
        )
    try:
        bridge = fields.text(fields.mapping(reply.body, "answer"), "bridge")
    except fields.MessageError as error:
        raise ServerError(str(error)) from error
    # The private key is made here and never leaves this computer.
    identity = Identity(bridge, key.private_bytes_raw())
    journal.save_identity(identity)
    return identity
