"""A receipt as PDF: tagged, in the reader's language, inert, and with the mail."""

import gc
import re
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from markupsafe import Markup
from PIL import Image
from sqlalchemy import select, text

from tests.world.checkout import bought, give_back
from tests.world.people import signed_in
from tests.world.shop import NOW, a_student
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.mail import attachments, delivery
from zone.core.mail.models import OutboxMail
from zone.core.service_profile.logo import logo_png
from zone.passes.receipts import pdf
from zone.passes.receipts.queries import receipt_page

pytestmark = pytest.mark.engines("sqlite")


def streams(content: bytes) -> bytes:
    """Return what the compressed streams of a PDF hold, and the rest of it."""
    parts = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL)
    opened = []
    for part in parts:
        try:
            opened.append(zlib.decompress(part))
        except zlib.error:  # such as a font
            continue
    return content + b"".join(opened)


def as_pdf(number: str, language: str) -> bytes:
    with reading() as session:
        return streams(pdf.receipt_pdf(receipt_page(session, number, member_id=None), language))


def test_a_receipt_is_a_tagged_pdf_with_title_and_language(shop: Flask, student: int) -> None:
    bought(student)
    answer = signed_in(shop, student).get("/receipts/2026-1.pdf?lang=fi")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    content = streams(answer.data)
    assert answer.data.startswith(b"%PDF-")
    for part in (b"/Lang", b"/MarkInfo", b"/StructTreeRoot", b"pdfuaid", b"/Title"):
        assert part in content, part
    assert (
        signed_in(shop, a_student("other@zone.example")).get("/receipts/2026-1.pdf").status_code
        == 404
    )


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_the_document_has_seller_lines_and_vat(student: int, language: str) -> None:
    give_back(bought(student), a_student("tiski@zone.example"))
    with reading() as session:
        sale = pdf.receipt_html(receipt_page(session, "2026-1", member_id=None), language)
        note = pdf.receipt_html(receipt_page(session, "C-2026-1", member_id=None), language)
    for words in (f"term ({language})", "45,00", "13,5", "5,35", "39,65", f'lang="{language}"'):
        assert words in sale, words
    for words in ("2026-1", "−45,00", "−5,35"):
        assert words in note or words.replace("−", "-") in note, words


HOSTILE = (
    '</td><img src="file:///etc/passwd"><link rel=attachment href="file:///etc/passwd">'
    "<style>@import url(http://127.0.0.1:9/x.css)</style>"
)


def check_names_are_inert(student: int, asked: list[str]) -> None:
    """Check that markup in a name is printed, and that nothing is fetched."""
    with writing() as session:
        session.execute(text("UPDATE product SET name_en = :name"), {"name": HOSTILE})
    bought(student)
    content = as_pdf("2026-1", "en")
    assert b"/EmbeddedFile" not in content
    assert asked == []


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every address that WeasyPrint asks for."""
    fetcher, addresses = pdf._library().urls.URLFetcher, list[str]()

    def fetch(self: Any, url: str) -> Any:
        addresses.append(url)
        return self.fetch(url)

    monkeypatch.setattr(fetcher, "__call__", fetch)
    return addresses


def test_a_hostile_name_is_inert(student: int, asked: list[str]) -> None:
    check_names_are_inert(student, asked)


@pytest.mark.thorough
@pytest.mark.planted_fault("values are not escaped")
def test_names_that_are_not_escaped_fail_the_check(
    student: int, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from markupsafe import Markup

    paragraph = pdf._table

    def raw(rows: list[tuple[str, str]], total: tuple[str, str] | None = None) -> Markup:
        unescaped: list[tuple[str, str]] = [(Markup(name), value) for name, value in rows]  # noqa: S704  the fault
        return paragraph(unescaped, total)

    monkeypatch.setattr(pdf, "_table", raw)
    with pytest.raises(AssertionError):
        check_names_are_inert(student, asked)


def test_even_markup_reaches_no_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("TOP SECRET")
    library = pdf._library()
    fetcher = library.urls.URLFetcher(allowed_protocols=frozenset())
    html = f'<link rel="attachment" href="file://{secret}"><p>Receipt'
    content = library.HTML(string=html, url_fetcher=fetcher).write_pdf()
    assert b"TOP SECRET" not in streams(content)


def test_the_mail_has_the_pdf(student: int, settings: Settings) -> None:
    bought(student)
    with reading() as session:
        mail = session.scalars(select(OutboxMail)).one()
        file = attachments.make_file(session, mail.attachment, mail.language)
    assert file is not None
    message = delivery.compose(mail, settings, "Zone", NOW, file)
    assert message is not None
    (attached,) = message.iter_attachments()
    assert (attached.get_filename(), attached.get_content_type()) == (
        "2026-1.pdf",
        "application/pdf",
    )
    assert attached.get_content().startswith(b"%PDF-")


def test_without_the_extra_the_page_is_printed_and_the_mail_goes(
    shop: Flask, student: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    bought(student)
    monkeypatch.setattr(pdf, "is_available", lambda: False)
    client = signed_in(shop, student)
    assert ".pdf" not in client.get("/receipts/2026-1").text
    assert client.get("/receipts/2026-1.pdf").status_code == 404
    with reading() as session:
        assert attachments.make_file(session, "receipt 2026-1", "en") is None
        assert attachments.make_file(session, "", "en") is None


def test_after_a_pdf_was_made_half_a_picture_is_still_no_logo(student: int) -> None:
    bought(student)
    as_pdf("2026-1", "en")
    picture = BytesIO()
    Image.effect_noise((64, 64), 50).save(picture, "PNG")
    with pytest.raises(DomainError, match="logo_unreadable"):
        logo_png(picture.getvalue()[:-500])


def resident_kb() -> int:
    """Return how much memory this process holds now, without what Python is about to free."""
    gc.collect()
    status = Path("/proc/self/status").read_text()
    return int(re.findall(r"VmRSS:\s+(\d+) kB", status)[0])


@pytest.mark.thorough
def test_a_process_that_makes_many_pdfs_stays_as_large_as_it_is() -> None:
    document = Markup(
        '<html lang="en"><title>Receipt</title><p>Sports pass <b>45.00</b></p></html>'
    )
    for _ in range(20):  # fonts are read with the first, and the heap grows to its size
        pdf.pdf_of(document)
    before = resident_kb()
    for _ in range(40):
        pdf.pdf_of(document)
    assert resident_kb() - before < 4000  # 40 that left 230 KB each would be 9,200


def most_at_once(monkeypatch: pytest.MonkeyPatch) -> int:
    """Return how many PDFs of four threads were being made at once."""
    running, most = 0, 0

    def write_pdf(*_args: object, **_options: object) -> bytes:
        nonlocal running, most
        running += 1
        most = max(most, running)
        time.sleep(0.01)
        running -= 1
        return b"%PDF-"

    monkeypatch.setattr("weasyprint.HTML.write_pdf", write_pdf)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(pdf.pdf_of, [Markup("<p>Sports pass</p>")] * 8))
    return most


def test_pdfs_of_several_threads_are_made_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    assert most_at_once(monkeypatch) == 1


@pytest.mark.planted_fault("threads share the fonts at once")
def test_pdfs_that_are_made_at_once_fail_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "_one_at_a_time", nullcontext())
    assert most_at_once(monkeypatch) > 1
