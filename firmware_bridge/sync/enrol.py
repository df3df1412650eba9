"""Enrolment of a bridge with a one-time token."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firmware_bridge.store.box_settings import Identity
from firmware_bridge.store.journal import Journal
from firmware_bridge.sync.client import Channel, ServerError
from firmware_bridge.wire.messages import fields


def enrol(journal: Journal, channel: Channel, token: str) -> Identity:
    """Make a device key, register its public half at the server, and store the identity.

    A box that is enrolled already gets another key for the same bridge, and keeps its entries.

    Raises:
        ServerError: no answer; the token is unknown, used, too old or another bridge's.
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
    before = journal.identity()
    if before is not None and before.bridge != bridge:
        # Its entries would be sent as this one's, behind a chain that the server does not know.
        raise ServerError(
            f"this folder is that of bridge {before.bridge}, with {journal.waiting()} entries to"
            f" upload, and the token is that of {bridge}: set another data folder in the settings,"
            " and ask for a new enrolment token"
        )
    # The private key is made here and never leaves this computer.
    identity = Identity(bridge, key.private_bytes_raw())
    journal.save_identity(identity)
    return identity
