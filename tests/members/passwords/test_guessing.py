"""Passwords that somebody would guess are refused, and others are not."""

import tracemalloc
from pathlib import Path

import pytest

from zone.members.passwords import guessing, queries, rules
from zone.members.passwords.errors import PASSWORD_GUESSABLE, PASSWORD_WEAK

OWN = ("Aino Maria Esimerkki-Virtanen", "aino.esimerkki@metropolia.example")
TRIVIAL = (
    # common ones, and a word repeated
    *(
        "passwordpassword",
        "Password1234",
        "password password",
        "passwordpasswor",
        "PASSWORDpassword",
    ),
    *("letmeinletmein", "iloveyou iloveyou", "monkeydragon", "football12345", "michaeljordan23"),
    *("drowssapdrowssap", "abc123abc123abc123", "password1password2", "adminadminadmin"),
    # disguised
    *(
        "P@ssw0rd2026!",
        "p4$$w0rdp4$$w0rd",
        "p a s s w o r d 1 2",
        "p-a-s-s-w-o-r-d-1",
        "Pássword1234",
    ),
    # sequences and repetition
    *(
        "aaaaaaaaaaaa",
        "abcabcabcabc",
        "123456789012",
        "987654321098",
        "abcdefghijkl",
        "zyxwvutsrqpo",
    ),
    *(
        "qwertyuiopas",
        "asdfghjkl123",
        "1q2w3e4r5t6y",
        "!QAZ2wsx#EDC",
        "123qweasdzxc",
        "112233445566",
    ),
    *(
        "aabbccddeeff",
        "121212121212",
        "000000000000",
        "abcdefabcdef",
        "19901990199019",
        "......aaaaaa",
    ),
    # the service, its institutions, and the commonest words of the languages spoken here
    *("Zone2026Zone!", "zonezonezone", "metropolia2026", "Myyrmäki2026!", "zone-admin-2026"),
    *("salasana1234", "Lösenord1234", "helsinkifinland", "kampusliikunta"),
    # the person
    *("ainoesimerkki", "Esimerkki-Aino-2026", "aino.esimerkki1", "Virtanen1234!", "onia.ikkremise"),
    *("ainoaino1990", "aino.esimerkki@metropolia.example", "mariavirtanen"),
    "correct horse battery staple",
    # other keyboards, alphabets and digits
    *("йцукенгшщзхъ", "фывапролджэё", "абвгдежзийкл", "αβγδεζηθικλμ", "あいうえおかきくけこさし"),
    *("qwertyuiopåå", "aoeuidhtns1234", "pyfgcrlaoeui", "acegikmoqsuw", "٠١٢٣٤٥٦٧٨٩٠١"),
    *('!"#¤%&/()=?`', "!@#$%^&*()_+", "!#%&/()=?+<>"),
    # letters of other alphabets that look like Latin ones
    *("раsswоrd2026!", "pаsswоrdpаsswоrd", "ΡΑSSWΟRD1234"),
    # what people here make passwords of
    *("jalkapallo2026", "Syksy2026!!!", "syksy2026syksy!", "kesäloma2026", "maanantai123"),
    *("Tervetuloa123", "vaihda minut", "jääkiekko2026", "opiskelija12", "välkommen1234"),
    *("älskling1234", "sommar2026sommar", "fotboll20262026", "losenordlosenord", "changemeplease"),
    # the person's name in the genitive
    "virtasenaino",
    # signs between characters, seen or not
    *(
        "12:34:56:78:90",
        "12/34/56/78/90",
        "p,a,s,s,w,o,r,d,1",
        "p\u200ba\u200bs\u200bs\u200bw\u200bord12",
    ),
    *("p\xada\xads\xads\xadw\xado\xadr\xadd", "\u202epassword1234\u202c"),
    # a word repeated that is in no list
    *(
        "fortnitefortnite",
        "Xk9vT2-Xk9vT2",
        "lumme lumme lumme",
        "тулокас тулокас",
        "Zq7!Zq7!Zq7!Zq7!",
    ),
    # the same with other digits or signs after each, or with several signs between characters
    *("tomaatti1tomaatti2", "Tomaatti!Tomaatti?", "1vadelma2vadelma3", "vadelma?/vadelma"),
    *("pas:swo/rd:123/4", "q;w,e;r,t;y,u;i,o", "1/2:3/4:5/6:7/8:9", "p:a:s:s:w:o:r:d/1/2"),
    # digits woven into a word or a sequence
    *("p1a2s3s4w5o6r7d8", "1p2a3s4s5w6o7r8d", "ab12cd34ef56", "z1o2n3e4z5o6n7e8", "s2a0l2a6sana"),
    *("v1i2r3t4a5n6e7n8", "12ai34no56ma78ria"),
    # those who work here, in their own words
    *("ylläpitäjä2026", "pääkäyttäjä1", "receptionist1", "valmentaja12", "henkilökunta1"),
    *("tietokone123", "käyttäjä2026!"),
    # places here with a year
    *("jyväskylä2026", "Rovaniemi 2026", "stockholm2026", "deadbeefcafe", "hyväätyötä2026"),
)
GOOD = (
    *("correct horse battery", "seven quiet lamps outside", "tuoli pilvi kaappi meri"),
    *("vihreä omena juoksee", "purple monkey dishwasher", "a password of some length"),
    *(
        "Xk9vT2mQp4Lz",
        "k3b9x7m2q8w4",
        "<{~§^]|*:;%>",
        "kesäinen lumihiutale",
        "日本語の長い合言葉です!",
        "Xk9vT2mQp4Lz Xk9vT2mQp4Lz",
        "Xk9/vT2/mQp4Lz",
        "x7!Kq?9v/Tz2",
        "tomaatti tomusokeri",
        "t9lumme4kaivo7",
        "kaivo 73 lumme 41",
    ),
)


@pytest.mark.parametrize("password", TRIVIAL)
def test_a_password_that_is_easy_to_guess_is_refused(password: str) -> None:
    refusal = rules.refusal_of(password, queries.common_passwords(), OWN)
    assert refusal in (PASSWORD_GUESSABLE, PASSWORD_WEAK)
    assert refusal is PASSWORD_GUESSABLE or len(password) < rules.LEAST_PASSWORD


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("Łukasz Wałęsa", "Lukasz-Walesa-1"),
        ("Łukasz Wałęsa", "wałęsałukasz"),
        ("Søren Kjærgård", "SorenKjaergard1"),
        ("Søren Kjærgård", "soerenkjaergaard"),
        ("Søren Kjærgård", "sorenkjargard"),
        ("Đorđe Đukić", "dordedukic2026"),
        ("Đorđe Đukić", "djordjedjukic"),
        ("Jörg Müller", "MuellerJoerg12"),
        ("Åsa Öberg", "aasaoeberg12"),
        ("Åsa Öberg", "ÖbergÅsa1985"),
        ("Jørgen Åström", "jorgenastroem"),
        ("Jørgen Åström", "JoergenAastrom1"),
        ("Äänekoski-Öhrnberg", "aanekoskioehrnberg"),
        ("Björn Weißmüller", "weismueller12"),
        ("Þórður Guðmundsson", "Thordur-Gudmundsson1"),
        ("İbrahim Işık", "ibrahimisik12"),
        ("Seán O’Brien", "sean.obrien.1"),
    ],
)
def test_the_own_name_is_refused_however_its_letters_are_written(name: str, password: str) -> None:
    refusal = rules.refusal_of(password, queries.common_passwords(), (name, "x@zone.example"))
    assert refusal is PASSWORD_GUESSABLE


@pytest.mark.parametrize("password", GOOD)
def test_another_password_is_accepted(password: str) -> None:
    refusal = rules.refusal_of(password, queries.common_passwords(), OWN)
    assert refusal is (PASSWORD_WEAK if len(password) < rules.LEAST_PASSWORD else None)


@pytest.mark.planted_fault("only the length of a password is looked at")
def test_with_the_length_alone_trivial_passwords_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "LEAST_BITS", 0.0)
    with pytest.raises(AssertionError):
        test_a_password_that_is_easy_to_guess_is_refused("Password1234")


@pytest.mark.parametrize("share", [10, pytest.param(1, marks=pytest.mark.thorough)])
def test_every_common_password_is_refused(share: int) -> None:
    common = queries.common_passwords()
    assert len(common) > 19_000
    longest = [word for word in common if len(word) >= rules.LEAST_PASSWORD]
    assert longest
    for word in (*longest[:200], *list(common)[:300])[::share]:
        twice = word * 4
        assert rules.refusal_of(twice, common, OWN) is PASSWORD_GUESSABLE, twice


def test_the_list_comes_with_its_licence() -> None:
    licence = Path(queries.COMMON_FILE).with_name("common-passwords-LICENSE.txt")
    assert "Django Software Foundation" in licence.read_text("utf-8")


def test_a_long_password_costs_little_to_measure() -> None:
    common = queries.common_passwords()
    tracemalloc.start()
    assert guessing.guess_bits("aå7!" * 250, common, frozenset()) < rules.LEAST_BITS
    assert guessing.guess_bits("", common, frozenset()) == 0
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()
