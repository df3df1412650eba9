"""The documents say what is true now."""

import ast
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
    missing = [
        link
        for link in LINK.findall(page.read_text(encoding="utf-8"))
        if not (page.parent / link).exists()
    ]
    assert missing == []


@pytest.mark.parametrize("page", WRITTEN, ids=lambda path: path.name)
def test_every_file_and_test_that_a_page_names_is_there(page: Path) -> None:
    tests = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py"))
    text = page.read_text(encoding="utf-8")
    assert [name for name in FILE.findall(text) if not (ROOT / name).exists()] == []
    assert [name for name in TEST.findall(text) if f"def {name}(" not in tests] == []


def test_a_row_of_promises_names_the_file_of_its_test_and_of_its_planted_fault() -> None:
    text, file = (ROOT / "docs" / "testing.md").read_text(encoding="utf-8"), ROOT
    for row in filter(TEST.search, text.splitlines()):
        file = next(
            (ROOT / name for name in FILE.findall(row)), file
        )  # an empty cell: the file of the row above
        named = TEST.findall(row)
        assert len(named) == 2, row
        assert [
            name for name in named if f"def {name}(" not in file.read_text(encoding="utf-8")
        ] == [], file
        assert named[1] in with_a_planted_fault(file), row


def with_a_planted_fault(file: Path) -> set[str]:
    """The tests of a file that are marked `planted_fault`."""
    functions = [
        node
        for node in ast.parse(file.read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef)
    ]
    return {
        one.name
        for one in functions
        if any("planted_fault" in ast.unparse(mark) for mark in one.decorator_list)
    }


def test_names_do_not_say_what_the_marker_says() -> None:
    """One spelling: a test that plants a fault has the marker, and its name says what comes of it."""
    names = re.compile(r"^def (test_(?:twin|planted)_\w+)\(", re.MULTILINE)
    files = (ROOT / "tests").rglob("test_*.py")
    assert [
        name for path in files for name in names.findall(path.read_text(encoding="utf-8"))
    ] == []


def repository_files() -> list[Path]:
    """Return what the repository holds, also where it was unpacked from an archive and there is no git."""
    if (ROOT / ".git").exists():
        listed = subprocess.run(
            ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout
        return [ROOT / name for name in listed.split()]
    return [
        path
        for top in ("zone", "firmware_bridge", "migrations", "tests", "docs", ".ci")
        for path in (ROOT / top).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    ] + [path for path in ROOT.iterdir() if path.is_file()]


def test_the_repository_speaks_of_the_product_alone() -> None:
    texts = [
        path
        for path in repository_files()
        if path.suffix in {".py", ".md", ".toml", ".js", ".html", ".txt", ""}
    ]
    guilty = [
        path.relative_to(ROOT)
        for path in texts
        if path != Path(__file__)
        and WORKPLACE.search(path.read_text(encoding="utf-8", errors="replace"))
    ]
    assert guilty == []


def readme_commands() -> list[str]:
    """Return the README's blocks of shell commands."""
    return re.findall(
        r"^```sh\n(.*?)^```$",
        (ROOT / "README.md").read_text(encoding="utf-8"),
        re.MULTILINE | re.DOTALL,
    )


def test_ci_runs_the_two_commands_as_the_readme_shows_them() -> None:
    first, second = readme_commands()
    assert first.rstrip().endswith("bin/zone demo")  # .ci/run appends ` --script --port 0`
    assert second == ".venv/bin/python -m pytest\n"
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    for number, block in enumerate((first, second), start=1):
        reads = script[
            script.index("readme_command() {") : script.index("export PYTHONDONTWRITEBYTECODE")
        ]
        printed = subprocess.run(
            ["bash", "-c", f"{reads}\nreadme_command {number}"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        assert printed == block
        assert f"$(readme_command {number})" in script or f"$(readme_command {number} " in script
