"""The layout of the product: which files a folder of one subject may hold, and where models lie."""

import ast
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[2]
ZONE: Final = ROOT / "zone"
FEATURES: Final = (
    "places",
    "members",
    "passes",
    "booking",
    "access",
    "desk",
    "feedback",
    "reporting",
    "operation",
)
FILES: Final = frozenset(
    {
        "__init__",
        "models",
        "rules",
        "service",
        "flows",
        "queries",
        "context",
        "invariants",
        "errors",
        "schemas",
        "api",
        "views",
        "pages",
        "jobs",
        "mails",
        "metrics",
        "personal_data",
        "states",
    }
)
"""What a Python file of a leaf folder may be named; docs/architecture.md says what each is for."""
FOLDERS: Final = frozenset({"providers", "templates", "static", "mail"})
ALGORITHMS: Final = frozenset(
    {
        "booking/lotteries/drawing",
        "booking/messages/event",
        "booking/policies/resolution",
        "booking/reservations/grid",
        "feedback/answers/sealing",
        "members/passwords/guessing",
        "members/people/trigrams",
        "members/push/encryption",
        "members/push/vapid",
        "operation/backups/archive",
        "operation/backups/postgres_copy",
        "operation/backups/sqlite_copy",
        "operation/doctor/clocks",
        "operation/doctor/findings",
        "operation/doctor/keys",
        "operation/doctor/planning",
        "operation/doctor/running",
        "operation/doctor/storage",
        "operation/doctor/surroundings",
        "passes/invoice_payments/bank_rows",
        "passes/invoices/bank_references",
        "passes/invoices/finvoice",
        "passes/invoices/pdf",
        "passes/passes/life",
        "passes/receipts/pdf",
        "passes/settlements/settlement_file",
        "passes/takeover/table_file",
        "reporting/pace/sentences",
        "reporting/reports/definitions",
        "reporting/reports/spreadsheet",
        "reporting/reports/tiles",
    }
)
"""Modules named for the one algorithm, format or group of checks that they hold."""


def leaves() -> Iterator[Path]:
    """Yield the folder of every subject of every feature."""
    for feature in FEATURES:
        for folder in sorted((ZONE / feature).iterdir()):
            if (folder / "__init__.py").exists():
                yield folder


def out_of_place(paths: Iterable[str]) -> list[str]:
    """Return the Python files of leaf folders whose name no rule allows."""
    return [
        path for path in paths if path not in ALGORITHMS and path.rpartition("/")[2] not in FILES
    ]


def python_files() -> list[str]:
    """Return every Python file that lies directly in a leaf folder, as `feature/leaf/name`."""
    return [
        path.relative_to(ZONE).with_suffix("").as_posix()
        for leaf in leaves()
        for path in sorted(leaf.glob("*.py"))
    ]


def test_a_leaf_holds_only_files_of_known_names() -> None:
    assert out_of_place(python_files()) == []


@pytest.mark.planted_fault("a leaf has a module of helpers")
def test_a_module_of_helpers_is_found() -> None:
    helpers = "booking/bookings/helpers"
    assert out_of_place([*python_files(), helpers]) == [helpers]


def test_every_algorithm_that_is_allowed_exists() -> None:
    assert ALGORITHMS - set(python_files()) == set()


def test_a_leaf_holds_only_folders_of_known_names() -> None:
    units = ZONE / "operation" / "systemd"  # its files are the units themselves
    assert [
        folder.relative_to(ROOT).as_posix()
        for leaf in leaves()
        if leaf != units
        for folder in leaf.iterdir()
        if folder.is_dir() and folder.name not in FOLDERS | {"__pycache__"}
    ] == []


def test_a_feature_holds_its_leaves_its_feature_file_and_its_translations() -> None:
    known = {"__init__.py", "feature.py", "translations", "__pycache__"}
    assert [
        path.relative_to(ROOT).as_posix()
        for feature in FEATURES
        for path in (ZONE / feature).iterdir()
        if path.name not in known and path not in set(leaves())
    ] == []


@pytest.mark.parametrize("package", ["zone", "firmware_bridge", "migrations", "tests"])
def test_init_files_are_empty(package: str) -> None:
    files = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / package).rglob("__init__.py")
        if path.stat().st_size
    }
    # The collector is set before anything is imported.
    assert files - {"zone/__init__.py"} == set()


def model_files() -> set[str]:
    """Return every module of the server that is named `models`, found by a walk over the files."""
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts) for path in ZONE.rglob("models.py")
    }


def mapped_modules() -> set[str]:
    """Return the modules of the tables that importing the application alone brings."""
    script = (
        "import zone.app; from zone.core.db.types import Base;"
        " print(*{mapper.class_.__module__ for mapper in Base.registry.mappers})"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_the_application_imports_every_models_file() -> None:
    """Alembic compares the database with the metadata of the application.

    A models file that nothing imports would be missing there, and the next generated migration
    would drop its tables.
    """
    assert mapped_modules() == model_files()


def test_tables_are_declared_in_models_files_only() -> None:
    """Found in the text, so that a table in a module that nothing imports is found too."""
    assert [
        path.relative_to(ROOT).as_posix()
        for path in ZONE.rglob("*.py")
        if path.name != "models.py" and declares_a_table(path)
    ] == []


def declares_a_table(path: Path) -> bool:
    """Whether a class in this file has a `__tablename__`."""
    source = path.read_text(encoding="utf-8")
    return "__tablename__" in source and any(
        isinstance(node, ast.Name) and node.id == "__tablename__"
        for node in ast.walk(ast.parse(source))
    )
