"""A new device key for a box that keeps working, wherever the power goes off between the steps.

1. The new key is on disk, beside the one in use.
2. The server learns it, proven by its own signature, and takes either from now on.
3. The box signs on with it, and the server forgets the old one.
4. The new key is the one in use; the old one stays beside it, for a server that is restored to an earlier day.

Cut off after 1 or 2, the box goes on with the old key. Cut off after 3, that one is refused, so it tries the other.
"""

from http import HTTPStatus

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firmware_bridge.clock import Clock
from firmware_bridge.store.journal import Identity, Journal
from firmware_bridge.sync.client import Channel, Keys, OneKey, ServerError, SignOn
from firmware_bridge.wire.messages.enrol import rotate_message


def rotate(journal: Journal, channel: Channel, clock: Clock) -> None:
    """Swap the device key of this box.

    Raises:
        ServerError: this box is not enrolled, no answer, or the server does not know this bridge (any more).
    """
    identity = journal.identity()
    if identity is None:
        raise ServerError("this box is not enrolled")
    # First sign on: a rotation that was cut off before ends here, so that the key beside is free to be replaced.
    token = SignOn(identity.bridge, Keys(journal), clock).token(channel)
    key = Ed25519PrivateKey.generate()
    journal.put_beside(key.private_bytes_raw())
    announce(channel, identity, key, token)
    SignOn(identity.bridge, OneKey(key.private_bytes_raw()), clock).token(channel)
    journal.use_key(key.private_bytes_raw())


def announce(channel: Channel, identity: Identity, key: Ed25519PrivateKey, token: str) -> None:
    """Tell the server the new key."""
    public = key.public_key().public_bytes_raw()
    proof = key.sign(rotate_message(identity.bridge, public)).hex()
    reply = channel.call("POST", "/rotate", {"public_key": public.hex(), "signature": proof}, token)
    if reply.status != HTTPStatus.NO_CONTENT:
        raise ServerError(f"the server answered {reply.status} to the new key")
