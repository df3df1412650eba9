"""Rotation of the device key, safe against a power cut between any two steps.

1. Store the new key as the spare key.
2. Send its public half to the server, signed by the new key. The server now accepts both keys.
3. Sign on with the new key. The server drops the old one.
4. Make the new key the one in use. The old one becomes the spare key, because a server restored
   from an older backup knows only that one.

After a power cut behind step 1 or 2 the bridge signs on with the old key. Behind step 3 the old key
is refused, and sign-on tries the spare key.
"""

from http import HTTPStatus

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firmware_bridge.clock import Clock
from firmware_bridge.store.box_settings import Identity
from firmware_bridge.store.journal import Journal
from firmware_bridge.sync.channel import Channel, ServerError
from firmware_bridge.sync.server_keys import ServerKeys
from firmware_bridge.sync.sign_on import JournalKeys, SignOn, SingleKey
from firmware_bridge.wire.messages.enrol import rotate_message


def rotate(journal: Journal, channel: Channel, clock: Clock) -> None:
    """Replace the device key.

    Raises:
        ServerError: not enrolled, no answer, or the server does not know this bridge.
    """
    identity = journal.identity()
    if identity is None:
        raise ServerError("this box is not enrolled")
    # Sign on first: this completes an interrupted rotation, so that the spare key may be
    # overwritten.
    keys = ServerKeys(journal, identity.bridge)
    token = SignOn(identity.bridge, JournalKeys(journal), clock, keys=keys).token(channel)
    key = Ed25519PrivateKey.generate()
    journal.save_spare_key(key.private_bytes_raw())
    announce(channel, identity, key, token)
    new = SingleKey(key.private_bytes_raw())
    SignOn(identity.bridge, new, clock, keys=keys).token(channel)
    journal.use_key(key.private_bytes_raw())


def announce(channel: Channel, identity: Identity, key: Ed25519PrivateKey, token: str) -> None:
    """Send the new key to the server.

    Raises:
        ServerError: no answer, or a refusal.
    """
    public = key.public_key().public_bytes_raw()
    proof = key.sign(rotate_message(identity.bridge, public)).hex()
    reply = channel.call("POST", "/rotate", {"public_key": public.hex(), "signature": proof}, token)
    if reply.status != HTTPStatus.NO_CONTENT:
        raise ServerError(f"the server answered {reply.status} to the new key")
