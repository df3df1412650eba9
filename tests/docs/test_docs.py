"""The documents agree with the code."""

import ast
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.docs import tables
from zone import scheduler
from zone.core.db.types import Base

ROOT = Path(__file__).resolve().parents[2]
WRITTEN = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")
FILE = re.compile(r"`((?:tests|zone|firmware_bridge|migrations)/[\w./]+)`")
TEST = re.compile(r"`(test_\w+)`")
BY_HAND = [path for path in WRITTEN if path.name not in tables.PAGES]
LONGEST_LINE = 110
DIAGRAM = re.compile(r"^```mermaid\n(.*?)^```$", re.MULTILINE | re.DOTALL)
YAML = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LABEL = re.compile(r'"([^"]*)"')
DOTTED = re.compile(r"\b[A-Za-z]\w*(?:\.[a-z]\w+)+\b")
FEATURE_NAME = re.compile(r"`([a-z]+)\.([a-z_]+)`(?!\()")
JOB = re.compile(r"/jobs/([a-z]+\.[a-z_]+)")
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


@pytest.mark.parametrize("page", BY_HAND, ids=lambda path: path.name)
def test_no_line_is_longer_than_110_characters(page: Path) -> None:
    """A row of a table may be: Markdown cannot wrap it. The README has none."""
    assert [
        number
        for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1)
        if len(line) > LONGEST_LINE and (page.name == "README.md" or not line.startswith("|"))
    ] == []


def test_the_rules_for_prometheus_can_be_read() -> None:
    text = (ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8")
    scrape, alerts = (yaml.safe_load(block) for block in YAML.findall(text))
    assert scrape["scrape_configs"][0]["job_name"] == "zone"
    rules = alerts["groups"][0]["rules"]
    assert len(rules) == 9
    assert [rule for rule in rules if not {"alert", "expr"} <= rule.keys()] == []


def definitions() -> set[str]:
    """Return the dotted name of every module, function, class and method of the product."""
    found: set[str] = set()
    for package in ("zone", "firmware_bridge"):
        for path in (ROOT / package).rglob("*.py"):
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            found.add(module)
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.FunctionDef | ast.ClassDef):
                    found.add(f"{module}.{node.name}")
                if isinstance(node, ast.ClassDef):
                    methods = (part for part in node.body if isinstance(part, ast.FunctionDef))
                    found.update(f"{module}.{node.name}.{method.name}" for method in methods)
    return found


def not_defined(diagrams: list[str], defined: set[str]) -> list[str]:
    """Return the dotted names in the labels of diagrams that end no name of a definition."""
    ends = {name[place:] for name in defined for place in starts_of_parts(name)}
    labels = [label for diagram in diagrams for label in LABEL.findall(diagram)]
    known = ends | {job.name for job in scheduler.JOBS} | {"firmware_bridge.wire"}
    return [name for label in labels for name in DOTTED.findall(label) if name not in known]


def unknown_jobs(text: str) -> list[str]:
    """Return what a page names like a job, and is none."""
    known = {job.name for job in scheduler.JOBS}
    features = {name.partition(".")[0] for name in known}
    # A table may be called as a feature is: `outbox.dedupe` is a column.
    tables = Base.metadata.tables.values()
    known |= {f"{table.name}.{column.name}" for table in tables for column in table.columns}
    found = set(JOB.findall(text)) | {
        f"{feature}.{rest}" for feature, rest in FEATURE_NAME.findall(text) if feature in features
    }
    return sorted(found - known)


@pytest.mark.parametrize("page", WRITTEN, ids=lambda path: path.name)
def test_every_job_that_a_page_names_exists(page: Path) -> None:
    assert unknown_jobs(page.read_text(encoding="utf-8")) == []


@pytest.mark.planted_fault("a job was renamed, its name in the docs was not")
def test_a_job_that_was_renamed_is_found_in_a_page() -> None:
    page = (ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8")
    assert "`access.mark_reach`" in page
    renamed = page.replace("`access.mark_reach`", "`access.mark_range`")
    assert unknown_jobs(renamed) == ["access.mark_range"]
    assert unknown_jobs("POST /api/v1/jobs/access.mark_range/run") == ["access.mark_range"]


def starts_of_parts(name: str) -> list[int]:
    """Return where the parts of a dotted name begin."""
    return [0, *(place + 1 for place, letter in enumerate(name) if letter == ".")]


def test_every_function_in_a_diagram_exists() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert not_defined(DIAGRAM.findall(text), definitions()) == []


@pytest.mark.planted_fault("a diagram names a function that was renamed")
def test_a_function_that_was_renamed_is_found_in_a_diagram() -> None:
    diagram = 'A["waitlist.service.promote: the first"] --> B["waitlist.service.advance"]'
    assert not_defined([diagram], {"zone.booking.waitlist.service.promote"}) == [
        "waitlist.service.advance"
    ]


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
    """Return the tests of a file that are marked `planted_fault`."""
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
    """A planted fault has the marker; the name of the test says what follows from the fault."""
    names = re.compile(r"^def (test_(?:twin|planted)_\w+)\(", re.MULTILINE)
    files = (ROOT / "tests").rglob("test_*.py")
    assert [
        name for path in files for name in names.findall(path.read_text(encoding="utf-8"))
    ] == []


def repository_files() -> list[Path]:
    """Return the files of the repository, also where it is an unpacked archive without git."""
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
        reads = script[script.index("readme_command() {") : script.index("export PATH=")]
        printed = subprocess.run(
            ["bash", "-c", f"{reads}\nreadme_command {number}"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        assert printed == block
        assert f"$(readme_command {number})" in script or f"$(readme_command {number} " in script
