"""The documents say what is true now."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.docs import tables

ROOT = Path(__file__).resolve().parents[2]
WRITTEN = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")
FILE = re.compile(r"`((?:tests|zone|firmware_bridge|migrations)/[\w./]+)`")
TEST = re.compile(r"`(test_\w+)`")
WORKPLACE = re.compile(r"\.\./shared|/work/|/root/|registry host|subagent", re.IGNORECASE)


@pytest.mark.parametrize("page", tables.PAGES)
def test_the_page_lists_exactly_what_the_code_has(page: str) -> None:
    assert (tables.DOCS / page).read_text(encoding="utf-8") == tables.text_of(page), (
        "rewrite it with: python -m tests.docs.tables"
    )


@pytest.mark.parametrize("page", WRITTEN, ids=lambda path: path.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    missing = [link for link in LINK.findall(page.read_text(encoding="utf-8")) if not (page.parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("page", WRITTEN, ids=lambda path: path.name)
def test_every_file_and_test_that_a_page_names_is_there(page: Path) -> None:
    tests = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py"))
    text = page.read_text(encoding="utf-8")
    assert [name for name in FILE.findall(text) if not (ROOT / name).exists()] == []
    assert [name for name in TEST.findall(text) if f"def {name}(" not in tests] == []


def test_a_row_of_promises_names_the_file_of_its_test_and_of_its_twin() -> None:
    text, file = (ROOT / "docs" / "testing.md").read_text(encoding="utf-8"), ROOT
    for row in filter(TEST.search, text.splitlines()):
        file = next((ROOT / name for name in FILE.findall(row)), file)  # an empty cell: the file of the row above
        named = TEST.findall(row)
        assert len(named) == 2, row
        assert [name for name in named if f"def {name}(" not in file.read_text(encoding="utf-8")] == [], file


def test_the_repository_speaks_of_the_product_alone() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    texts = [ROOT / name for name in listed if Path(name).suffix in {".py", ".md", ".toml", ".js", ".html", ".txt", ""}]
    guilty = [
        path.relative_to(ROOT)
        for path in texts
        if path != Path(__file__) and WORKPLACE.search(path.read_text(encoding="utf-8", errors="replace"))
    ]
    assert guilty == []


def test_the_readme_shows_the_two_commands_that_ci_runs() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "-m pytest" in readme
    assert "bin/zone demo" in readme
    assert "-m pytest" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
