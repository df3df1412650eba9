"""Changed words as stored: versions, a way back, stale edits, and what an upgrade leaves aside."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import select

from tests.core.mail_words.test_rules import OWN
from tests.world.mails import SAMPLES
from tests.world.people import a_member, an_actor
from zone.core.audit.models import AuditRow
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.identity import Actor
from zone.core.mail import service as mail
from zone.core.mail.kinds import KINDS
from zone.core.mail.models import OutboxMail
from zone.core.mail.templates import Wording, built_in_words
from zone.core.mail_words import queries, rules, service
from zone.core.mail_words.queries import WordsVersion

NOW = datetime(2026, 12, 1, 10, tzinfo=UTC)
BOOKED = "booking/booked"


def actor(role: str = "manager") -> Actor:
    with writing() as session:
        return an_actor(a_member(session).id, role)


def change(
    version: int, *, by: Actor | None = None, template: str = BOOKED, **words: Wording | None
) -> WordsVersion:
    every: Mapping[str, Wording | None] = {"fi": None, "sv": None, "en": None, **words}
    by = by or actor()
    with writing() as session:
        return service.change_words(session, by, template, version=version, words=every, now=NOW)


def restore(version: int, restored: int) -> WordsVersion:
    by = actor()
    with writing() as session:
        return service.restore_words(
            session, by, BOOKED, version=version, restored=restored, now=NOW
        )


def posted(language: str) -> OutboxMail:
    """Post a mail, and return it as it waits."""
    with writing() as session:
        mail.post(
            session,
            to="aino@example.org",
            template=BOOKED,
            language=language,
            params=SAMPLES[BOOKED],
            now=NOW,
        )
    with reading() as session:
        return session.scalars(select(OutboxMail).order_by(OutboxMail.id.desc())).all()[0]


def test_a_mail_is_written_in_the_changed_words_of_its_language(app: Flask) -> None:
    change(0, fi=OWN)
    assert posted("fi").subject == "See you: Back yoga"
    assert "Bring a towel." in posted("fi").body
    assert posted("en").subject.startswith("Booked:")


def test_one_can_go_back_to_any_version_and_to_the_built_in_words(app: Flask) -> None:
    other = replace(OWN, subject="Other")
    assert change(0, fi=OWN).version == 1
    assert change(1, fi=other, en=OWN).version == 2
    assert restore(2, 1).own == {"fi": OWN, "sv": None, "en": None}
    assert restore(3, 0).own == {"fi": None, "sv": None, "en": None}
    assert restore(4, 2).own == {"fi": other, "sv": None, "en": OWN}
    with reading() as session:
        assert [one.version for one in queries.words_history(session, BOOKED)] == [5, 4, 3, 2, 1]
    with pytest.raises(DomainError, match="not_found"):
        restore(5, 6)


def test_the_built_in_words_are_not_stored(app: Flask) -> None:
    assert change(0, fi=built_in_words(BOOKED, "fi")).version == 0
    with reading() as session:
        assert queries.changed_templates(session) == {}


def test_a_stale_edit_is_refused_with_what_differs(app: Flask) -> None:
    change(0, fi=OWN)
    with pytest.raises(DomainError) as refusal:
        change(0, sv=OWN)
    assert refusal.value.code == "edited_meanwhile"
    assert refusal.value.extra["changed"] == ["fi", "sv"]
    sentence = {
        language: refusal.value.reasons[0].text(language, refusal.value.params)
        for language in ("fi", "sv", "en")
    }
    assert "suomenkieliset tekstit, ruotsinkieliset tekstit" in sentence["fi"]
    assert "de finska texterna, de svenska texterna" in sentence["sv"]
    assert "the Finnish words, the Swedish words" in sentence["en"]
    assert refusal.value.extra["version"] == 1
    assert change(0, fi=OWN).version == 1, "what was asked for holds already"


@pytest.mark.engines("sqlite", "postgresql")
def test_of_two_who_save_at_once_one_is_refused(app: Flask) -> None:
    both, by = Barrier(2), actor()

    def save(subject: str) -> str:
        with app.app_context():
            both.wait(10)
            try:
                change(0, by=by, fi=replace(OWN, subject=subject))
            except DomainError as refusal:
                return refusal.code
        return "saved"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(save, ("A", "B"))) == ["edited_meanwhile", "saved"]
    with reading() as session:
        assert len(queries.words_history(session, BOOKED)) == 1


def test_words_that_do_not_fit_are_refused_by_their_place(app: Flask) -> None:
    with pytest.raises(DomainError) as refusal:
        change(0, sv=replace(OWN, title="{nobody}"))
    assert refusal.value.code == "mail_words_unfit"
    assert refusal.value.extra["misfits"] == [
        {"language": "sv", "part": "title", "problem": "unknown", "placeholder": "nobody"}
    ]


def test_only_managers_change_words_of_mails_that_there_are(app: Flask) -> None:
    with pytest.raises(DomainError, match="forbidden"):
        change(0, by=actor("desk"), fi=OWN)
    with pytest.raises(DomainError, match="not_found"):
        change(0, template="booking/none", fi=OWN)


def test_a_change_leaves_an_audit_row(app: Flask) -> None:
    change(0, fi=OWN)
    with reading() as session:
        row = session.scalars(select(AuditRow).where(AuditRow.action == "mail_words.change")).one()
    assert (row.object_kind, row.object_id) == ("mail_words", BOOKED)
    assert '"fi"' in str(row.after)


def upgrade_without(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Let the product forget a placeholder of the mail, as an upgrade could."""
    kind = KINDS[BOOKED]
    values = {key: value for key, value in kind.values.items() if key != name}
    monkeypatch.setitem(KINDS, BOOKED, replace(kind, values=values))
    rules.misfits.cache_clear()


def check_no_mail_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """After an upgrade that words do not fit, the mail is sent as built in, and somebody learns."""
    change(0, fi=OWN)
    upgrade_without(monkeypatch, "where")
    try:
        assert posted("fi").subject.startswith("Varattu")
        with reading() as session:
            assert list(queries.unfit_words(session)) == [(BOOKED, "fi")]
            assert queries.count_unfit_words(session, NOW) == 1
    finally:
        rules.misfits.cache_clear()


def test_words_that_an_upgrade_does_not_know_lose_no_mail(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_no_mail_is_lost(monkeypatch)


@pytest.mark.planted_fault("words are used without a look whether they still fit")
def test_without_the_look_words_are_used_that_do_not_fit(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "misfits", lambda _template, _words: ())
    with pytest.raises(AssertionError):
        check_no_mail_is_lost(monkeypatch)


def test_words_of_a_mail_that_an_upgrade_has_dropped_are_no_finding(app: Flask) -> None:
    change(0, fi=OWN)
    kind = KINDS.pop(BOOKED)
    try:
        with reading() as session:
            assert queries.count_unfit_words(session, NOW) == 0
    finally:
        KINDS[BOOKED] = kind


def test_a_mail_is_posted_with_all_values_that_words_may_name(app: Flask) -> None:
    with pytest.raises(KeyError, match="without where"), writing() as session:
        mail.post(
            session,
            to="aino@example.org",
            template=BOOKED,
            language="en",
            params={key: value for key, value in SAMPLES[BOOKED].items() if key != "where"},
            now=NOW,
        )
