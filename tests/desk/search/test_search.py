"""Finding a person at the desk."""

import logging
from datetime import timedelta

import pytest
from sqlalchemy import delete, event, select, text, update

from tests.world.counter import Desk, Person, a_person, audited, browser, call, offer
from zone.core.audit.models import AuditRow
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.rate_limit.rules import Limit
from zone.desk.search import queries as search_queries
from zone.desk.search import service as search
from zone.members.people import jobs as people_jobs
from zone.members.people import trigrams
from zone.members.people.models import Member, NameTrigram
from zone.passes.takeover.models import TakenOverCard


def names(desk: Desk, words: str) -> list[str]:
    answer = call(desk.staff, "/searches", {"words": words})
    assert answer.status_code == 200, answer.get_json()
    return [person["name"] for person in answer.get_json()["people"]]


def renamed(person: Person, name: str) -> None:
    with writing() as session:
        session.get_one(Member, person.id).name = name


def test_the_likeliest_comes_first(desk: Desk) -> None:
    for number, name in enumerate(
        ("Anna Virtanen", "Virve Aalto", "Ilkka Savirinne", "Kari Koivu")
    ):
        renamed(a_person(desk, f"p{number}"), name)
    assert names(desk, "vir") == ["Virve Aalto", "Anna Virtanen", "Ilkka Savirinne"]
    assert names(desk, "virt anna") == ["Anna Virtanen"]
    assert names(desk, "P3@zone.example") == ["Kari Koivu"]


def test_letters_beyond_ascii_are_found_in_either_case(desk: Desk, person: Person) -> None:
    renamed(person, "Åsa Östman")
    assert names(desk, "åsa ÖST") == ["Åsa Östman"]


SPELLINGS = {
    "Łukasz Żółkiewski": ("lukasz", "ŁUKASZ", "zolkiewski", "lukasz zolk"),
    "Nguyễn Thị Đào": ("nguyen", "dao", "thi nguyen", "Nguyễn"),
    "Sinéad O’Brien": ("o'brien", "obrien", "o brien", "o’brien sinead", "brien"),
    "Aino Mäkelä": ("Mäkelä, Aino", "makela aino", "MÄKELÄ", "makel", "mäkelä,aino"),
    "Bjørn Sæther-Lund": ("bjorn", "saether", "saether lund", "saetherlund", "lund, bjørn"),
    "Anna-Maija Virtanen": ("anna maija", "annamaija", "anna-maija", "maija virtanen"),
    "İrem Yıldız": ("irem", "yildiz", "İREM"),
    "Straße Groß": ("strasse", "gross", "groß"),
    "प्रिया शर्मा": ("प्रिया", "शर्मा प्रिया", "प्रिया शर्मा"),
    "สมชาย ใจดี": ("สมชาย", "ใจดี สมชาย"),
    "தமிழ் செல்வன்": ("தமிழ்", "தமிழ் செல்வன்"),
    "王 明": ("王", "明 王", "王 明"),
    "김 민수": ("김", "민수 김"),
    "Gal·la Placídia": ("gal·la", "galla placidia", "Gal·la Placídia"),
    "Kirsi (Kiti) Koski": ("Kirsi (Kiti) Koski", "(kiti)", "kiti koski"),
    'Olli "Masa" Ojanen': ('Olli "Masa" Ojanen', "”masa”", "«Masa» ojanen"),
    "Ruut Salo / Laine": ("Ruut Salo / Laine", "salo/laine", "laine"),
    "Eva Smith—Jones & Co": ("Eva Smith—Jones & Co", "smith-jones", "smith—jones"),
    "Ane !Xóõ": ("!xóõ", "ane xoo", "Ane !Xóõ"),
    "Nils_Olof Ek": ("Nils_Olof Ek", "nils olof", "nilsolof"),
    "Veli Sund": ("Veli Sund <q20@zone.example>", "<q20@zone.example>", "evli", "Evli sund"),
    "Sääʹmǩiõll Ǥõõli": ("saamkioll", "goolli", "sää'mǩiõll", "gooli"),
    "Ǯeʒe Sápmi": ("zeze", "sapmi zeze"),
    "Gʻofur Oʻrinov": ("g'ofur", "gofur", "o‘rinov", "orinov", "Gʻofur"),
    "Дарʼя Коваленко": ("Дар'я", "дар’я", "даря", "Дарʼя коваленко"),
    "Ɓalde Ɗanko": ("balde", "danko", "Ɗanko"),
    "Ɛma Ɔfori": ("ema", "ofori ema"),
    "Қайрат Ұлы": ("кайрат", "қайрат", "улы"),
    "علي يزدي": ("علی", "یزدی علی", "علي"),
    "Marja−Liisa Tuuri": ("marja-liisa", "marjaliisa", "tuuri marja−liisa"),
    "Lotta von Essen": ("vonessen", "lottavon", "von essen", "essenlotta", "essen?"),
    "Eero Jõgi": ("eeroj", "jõgi*", "q31@zone.exmaple", "qq31@zone.example"),
    "Matti Esimerkki": ("Esimerki", "esimrekki", "ezimerkki", "Esimerkkki", "esimerki matti"),
    "Өнөр Әсәл": ("онор", "асал", "Әсәл"),
    "Ɵzbek Һалилов": ("ozbek", "халилов"),
    "Jan van der Berg": ("vanderberg", "janvander", "bergjanvan", "van derberg"),
    "Edwin van der Sar": ("vandersar", "edwinvandersar", "vandersaredwin"),
    "Trần Quốc Minh Khai": ("tranquocminhkhai", "khaitranquocminh", "minhkhai trần"),
    "Lê Thị Mỹ Duy": ("lethimyduy", "duylethimy", "thimyduy", "lethi duy"),
    "Juan de la Fe": ("juandelafe", "delafe", "fejuandela"),
    "Li Na Wu Xu": ("linawuxu",),
    "María José García": ("mariajosegarcia", "josegarciamaria", "garcia mariajose"),
}


def test_a_name_is_found_however_it_is_typed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    # More searches than a desk makes in a minute.
    monkeypatch.setattr(
        search_queries, "SEARCHES", Limit("desk-searches", 1000, timedelta(minutes=1))
    )
    for number, name in enumerate(SPELLINGS):
        renamed(a_person(desk, f"q{number}", proven=False, with_pass=False), name)
    found = {words: names(desk, words) for spellings in SPELLINGS.values() for words in spellings}
    assert found == {words: [name] for name, spellings in SPELLINGS.items() for words in spellings}


TRANSLITERATED = {
    "Aino Mäkelä": ("maekelae", "maekelae aino", "MAEKELAE", "maekel"),
    "Eero Hämäläinen": ("haemaelaeinen", "eero haemaelaeinen", "haemael"),
    "Liisa Väänänen": ("vaeaenaenen", "vaeaen liisa"),
    "Bjørn Sørensen": ("bjoern", "soerensen", "soerensen bjoern", "björn", "sörensen"),
    "Åsa Gårdström": ("aasa", "gaardstroem", "aasa gaardstroem", "gaardström"),
    "Jörg Müller-Größ": ("joerg", "mueller", "mueller-groess", "muellergroess"),
    "Đorđe Đurić": ("djordje", "djuric djordje", "Djordje"),
    "Straße Weiß": ("strasse", "weiss", "weiss strasse"),
    "Signe Kjær": ("kjaer", "kjär"),
    "Toivo Maekinen": ("mäkinen", "mäkinen toivo", "mäkin"),
    "Olga Aakerblom": ("åkerblom", "Åker olga"),
    "Djoko Pettersson": ("đoko", "Đoko Pettersson"),
    "Ulla Schoenberg": ("schönberg", "schønberg"),
}


def test_transliterated_names_are_found_both_ways(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    # More searches than a desk makes in a minute.
    monkeypatch.setattr(
        search_queries, "SEARCHES", Limit("desk-searches", 1000, timedelta(minutes=1))
    )
    for number, name in enumerate(TRANSLITERATED):
        renamed(a_person(desk, f"q{number}", proven=False, with_pass=False), name)
    found = {words: names(desk, words) for typed in TRANSLITERATED.values() for words in typed}
    assert found == {words: [name] for name, typed in TRANSLITERATED.items() for words in typed}


def test_a_name_as_it_is_written_comes_before_its_transliterations(desk: Desk) -> None:
    for number, name in enumerate(("Aino Mäkelä", "Toivo Maekelae", "Åke Saari", "Ulla Sari")):
        renamed(a_person(desk, f"q{number}", proven=False, with_pass=False), name)
    assert names(desk, "mäkelä") == ["Aino Mäkelä", "Toivo Maekelae"]
    assert names(desk, "maekelae") == ["Toivo Maekelae", "Aino Mäkelä"]
    assert names(desk, "saari")[0] == "Åke Saari"


def test_what_is_typed_right_comes_before_what_is_forgiven(desk: Desk) -> None:
    for number, name in enumerate(("Kari Virtane", "Anna Virtanen", "Antti Virta")):
        renamed(a_person(desk, f"q{number}"), name)
    assert names(desk, "virtanen") == ["Anna Virtanen", "Kari Virtane"]
    assert names(desk, "virtane") == ["Kari Virtane", "Anna Virtanen"]
    assert names(desk, "xyrtanen") == [], "two wrong letters are another name"
    assert names(desk, "krai") == ["Kari Virtane"]


@pytest.mark.engines("sqlite")
def test_a_whole_name_comes_before_longer_ones(desk: Desk) -> None:
    for number in range(search_queries.MOST_FOUND + 1):
        renamed(a_person(desk, f"q{number}", proven=False, with_pass=False), "Aino Nieminen")
    renamed(a_person(desk, "last", proven=False, with_pass=False), "Ville Niemi")
    for words in ("niemi", "Niemi", "niemi ville"):
        assert names(desk, words)[0] == "Ville Niemi", words


def test_a_search_follows_a_new_name_and_address(desk: Desk, person: Person) -> None:
    renamed(person, "Åke Ny")
    assert names(desk, "ake") == ["Åke Ny"]
    assert names(desk, "matti") == ["Åke Ny"], "by the address"
    with writing() as session:
        session.get_one(Member, person.id).email = "other@zone.example"
    assert names(desk, "matti") == []
    assert names(desk, "other") == ["Åke Ny"]


def check_the_job_indexes_who_was_left_out(desk: Desk, settings: Settings) -> None:
    """The property: people whose rows were written past the product are found after the job."""
    with writing() as session:
        session.execute(update(Member).values(name="Uusi Nimi"))
        session.execute(delete(NameTrigram).where(NameTrigram.member_id == desk.staff_id))
    assert names(desk, "uusi") == []
    assert people_jobs.index_names(settings, utc_now()) > 0
    assert set(names(desk, "uusi")) == {"Uusi Nimi"}
    assert people_jobs.index_names(settings, utc_now()) == 0


def test_the_job_indexes_who_was_left_out(desk: Desk, settings: Settings) -> None:
    check_the_job_indexes_who_was_left_out(desk, settings)


@pytest.mark.planted_fault("names are indexed with their accents")
def test_an_index_that_does_not_fold_fails_the_check(
    desk: Desk, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trigrams, "fold", str.casefold)
    renamed(person, "Đặng")
    monkeypatch.undo()
    with pytest.raises(AssertionError):
        assert names(desk, "dang") == ["Đặng"]


@pytest.mark.engines("sqlite")
def test_the_index_is_used(desk: Desk) -> None:
    explain = (
        "EXPLAIN QUERY PLAN SELECT member_id, count(*) FROM name_trigram "
        "WHERE trigram IN ('luk', 'uka') GROUP BY member_id"
    )
    with reading() as session:
        plan = str(session.execute(text(explain)).all())
    assert "SEARCH name_trigram USING PRIMARY KEY (trigram=?)" in plan


def test_a_receipt_and_the_codes_on_paper_name_their_person(desk: Desk, person: Person) -> None:
    a_person(desk, "other")
    sold = call(desk.staff, f"/people/{person.public}/sales", offer(desk, person, "gym")).get_json()
    assert names(desk, sold["receipts"][0]["number"]) == ["matti"]
    assert names(desk, f"https://zone.example/orders/{sold['id']}") == ["matti"]
    assert names(desk, f"zp{person.public.hex}") == ["matti"]


def test_pattern_characters_have_no_meaning(desk: Desk, person: Person) -> None:
    assert names(desk, "%atti") == names(desk, "ma%%") == []
    assert names(desk, "m_tti") == []


def test_words_that_match_everybody_find_nobody(desk: Desk, person: Person) -> None:
    for words in ("zone.example", "@zone.example", "@zone", ".example"):
        assert names(desk, words) == []
    for words in ("@ .", ". m", "m t", "@.", "__", "\u200bm\u200b"):
        assert (
            call(desk.staff, "/searches", {"words": words}).get_json()["code"] == "words_too_short"
        )
    assert (
        names(desk, "matti") == names(desk, "matti@zone.ex") == names(desk, "m matti") == ["matti"]
    )


def test_a_search_without_results_has_a_hint(desk: Desk) -> None:
    answer = call(desk.staff, "/searches", {"words": "nobody"}).get_json()
    assert answer["people"] == []
    assert "sign in first" in answer["hint"]


def test_one_letter_is_too_little(desk: Desk) -> None:
    answer = call(desk.staff, "/searches", {"words": " m "})
    assert (answer.status_code, answer.get_json()["code"]) == (422, "words_too_short")


def test_at_most_twenty_are_shown_by_as_many_statements_as_one(desk: Desk) -> None:
    def statements(words: str) -> int:
        recorded: list[str] = []
        with reading() as session:
            connection = session.connection()
            event.listen(
                connection, "before_cursor_execute", lambda *args: recorded.append(args[2])
            )
            search_queries.find_people(session, words, utc_now())
        return len(recorded)

    a_person(desk, "single")
    for number in range(25):
        a_person(desk, f"many{number}", with_pass=False)
    assert len(names(desk, "many")) == search_queries.MOST_FOUND
    assert statements("many") == statements("single") == 3


def check_a_search_is_audited(desk: Desk) -> None:
    call(desk.staff, "/searches", {"words": "salainen sana"})
    with reading() as session:
        row = session.scalars(select(AuditRow).where(AuditRow.action == "desk.search")).one()
    assert row.actor_id == desk.staff_id
    assert "salainen sana" in (row.after or "")


def test_a_search_is_audited(desk: Desk) -> None:
    check_a_search_is_audited(desk)


@pytest.mark.planted_fault("a search without its audit row")
def test_a_search_without_its_audit_row_fails_the_check(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "record_action", lambda *_, **__: None)
    with pytest.raises(Exception, match="No row was found"):
        check_a_search_is_audited(desk)


def test_the_words_of_a_search_are_in_no_log(
    desk: Desk, person: Person, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        names(desk, "salainen sana")
        desk.staff.get(f"/api/v1/desk/people/{person.public}")
        call(desk.staff, f"/people/{person.public}/phone-replacements", {"reason": "salainen syy"})
    written = " ".join(record.getMessage() for record in caplog.records)
    assert "salainen" not in written
    assert "matti" not in written


def test_searches_are_counted_for_each_employee(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        search_queries,
        "SEARCHES",
        Limit("desk-searches", 2, search_queries.SEARCHES.window * 60 * 24),
    )
    assert names(desk, "zz") == names(desk, "xx") == []  # no letters of a random hexadecimal id
    refused = call(desk.staff, "/searches", {"words": "cc"})
    assert (refused.status_code, refused.get_json()["code"]) == (429, "too_many_requests")
    assert refused.headers["Retry-After"]
    assert call(browser(desk, "manager"), "/searches", {"words": "cc"}).status_code == 200
    assert audited("desk.search") == 3


def test_the_number_of_an_old_card_finds_its_holder(desk: Desk) -> None:
    holder = a_person(desk, "holder")
    with writing() as session:
        session.add(TakenOverCard(number="FI000123", member_id=holder.id, recorded_at=utc_now()))
    by_name = a_person(desk, "street9")
    renamed(by_name, "Ville 9")
    (found,) = names(desk, "fi 000123")
    assert names(desk, "Ville 9") == ["Ville 9"] != [found]
    assert names(desk, "000123") == []
