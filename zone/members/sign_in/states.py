"""The states of signing in, of invented people."""

from dataclasses import dataclass
from functools import partial
from typing import Final

from zone.core.errors import DomainError
from zone.core.rate_limit.service import TOO_MANY_REQUESTS
from zone.members.people.errors import EMAIL_INVALID
from zone.members.sign_in.errors import CODE_WRONG, NOBODY_IN_DEMO, PASSWORD_WRONG
from zone.members.sign_in.pages import address_page, code_page, kept_page, password_page
from zone.web.field_errors import note_field_errors
from zone.web.kept_form import KeptForm
from zone.web.language import language
from zone.web.states import State

EMAIL: Final = "milo.olematon@school.example"
LONG_EMAIL: Final = "maximiliana-josefiina.olematon-kuvitelmainen@student.school.example"
ONWARD: Final = "/bookings"
FORM: Final = KeptForm("/me", [("name", "Milo Olematon")])
WAIT: Final = DomainError(TOO_MANY_REQUESTS, params={"minutes": 14})


@dataclass(frozen=True, slots=True)
class _DemoPerson:
    """A person of the demo, as its sign-in offers them."""

    name: str
    email: str
    role: str | None


PEOPLE: Final = (
    _DemoPerson("Aino Esimerkki", "aino@zone.example", None),
    _DemoPerson("Kaisa Käytäntö", "kaisa@zone.example", "desk"),
    _DemoPerson("Maximiliana-Josefiina Olematon-Kuvitelmainen", "max@zone.example", "instructor"),
)


def _nobody() -> str:
    note_field_errors(DomainError(NOBODY_IN_DEMO))
    return address_page("", people=PEOPLE, nobody="nobody@zone.example")


def _wrong_password() -> str:
    return password_page("", email=EMAIL, error=PASSWORD_WRONG.text(language()))


def _invalid_for_password() -> str:
    note_field_errors(DomainError(EMAIL_INVALID))
    return password_page("", email="milo at school")


def _wrong_code() -> str:
    return code_page("", "", EMAIL, "123456", DomainError(CODE_WRONG))


STATES: Final = (
    State("sign-in", "address", partial(address_page, "")),
    State("sign-in", "address-on-the-way", partial(address_page, ONWARD)),
    State("sign-in", "address-with-a-form-kept", partial(address_page, ONWARD, FORM.text)),
    State(
        "sign-in",
        "address-invalid",
        partial(address_page, "", "", "milo at school", DomainError(EMAIL_INVALID)),
    ),
    State("sign-in", "address-too-often", partial(address_page, "", "", EMAIL, WAIT)),
    State("sign-in", "code", partial(code_page, "", "", EMAIL)),
    State("sign-in", "code-to-a-long-address", partial(code_page, "", "", LONG_EMAIL)),
    State("sign-in", "code-with-a-form-kept", partial(code_page, ONWARD, FORM.text, EMAIL)),
    State("sign-in", "code-wrong-or-ended", _wrong_code),
    State("sign-in", "code-too-often", partial(code_page, "", "", EMAIL, "123456", WAIT)),
    State("sign-in", "back-to-the-form", partial(kept_page, FORM, ONWARD)),
    State("sign-in", "password", partial(password_page, "")),
    State("sign-in", "password-with-a-form-kept", partial(password_page, ONWARD, FORM.text)),
    State("sign-in", "password-wrong", _wrong_password),
    State("sign-in", "password-of-no-address", _invalid_for_password),
    *(
        State("sign-in", f"signed-out-{how}", partial(address_page, "", signed_out=how))
        for how in ("here", "everywhere", "phones")
    ),
    State("sign-in", "demo", partial(address_page, "", people=PEOPLE)),
    State("sign-in", "demo-nobody", _nobody),
)
