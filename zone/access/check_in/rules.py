"""What a door would decide about a person, without a code of theirs. Pure.

`decide` judges codes, and there is no second rule. For a person without a phone, a code is signed
with a key made for this one judgement, and the key is given to `decide` as one of the person's.
"""

from dataclasses import replace
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric import ec

from firmware_bridge.wire import token as codes
from firmware_bridge.wire.decide import Decision, DoorContext, decide
from firmware_bridge.wire.messages.holders import Holder, Key
from firmware_bridge.wire.messages.site import Door
from firmware_bridge.wire.reasons import Reason


def judge_holder(
    door: Door,
    holder: Holder | None,
    at: datetime,
    *,
    last_grant: datetime | None = None,
    last_left: datetime | None = None,
    people_inside: int = 0,
    is_inside: bool = False,
) -> Decision:
    """Return what a door would decide about a valid code of this holder at `at`.

    The roster is taken as fresh. `holder` None: nobody knows whose code it is. A door that is the
    way out judges as one that is the way in: it is asked whether the person may be in.
    """
    token, key = _vouched_code(at)
    door = replace(door, direction="in")
    if holder is not None:
        # The member's own keys are replaced by the one that signed: they are not what is judged.
        holder = replace(holder, keys=(key,))
    context = DoorContext(
        token,
        door,
        key,
        holder,
        last_grant=None if last_grant is None else last_grant.timestamp(),
        last_left=None if last_left is None else last_left.timestamp(),
        people_inside=people_inside,
        is_inside=is_inside,
        roster_at=at.timestamp(),
    )
    return decide(context, at.timestamp())


def is_open(door: Door, at: datetime) -> bool:
    """Return whether the door lets anybody in at `at`, by its state and its hours."""
    return judge_holder(door, None, at).reason is Reason.UNKNOWN_HOLDER


def may_enter(door: Door, holder: Holder, at: datetime) -> bool:
    """Return whether the person has what the door asks for at `at`, its state and hours aside."""
    always_open = replace(door, state="normal", area=replace(door.area, windows=None))
    return judge_holder(always_open, holder, at).granted


def _vouched_code(now: datetime) -> tuple[codes.Token, Key]:
    private = ec.generate_private_key(ec.SECP256R1())
    public = private.public_key()
    token = codes.parse(codes.sign_short(private, int(now.timestamp())).encode())
    return token, Key(codes.compute_kid(public), codes.compress(public))
