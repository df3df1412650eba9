"""The folder of a demo is kept for its day, and made anew for another one."""

from datetime import date
from pathlib import Path

from zone.demo import folder

TODAY, TOMORROW = date(2027, 3, 25), date(2027, 3, 26)


def make_demo(data: Path) -> None:
    folder.make_ready(data, TODAY)
    (data / "zone.sqlite").write_bytes(b"a database")
    (data / "mails").mkdir()
    (data / "mails" / "1.eml").write_bytes(b"a mail")
    (data / "notes.txt").write_text("mine")


def test_a_demo_that_is_started_again_on_its_day_goes_on(tmp_path: Path) -> None:
    make_demo(tmp_path)
    assert folder.make_ready(tmp_path, TODAY) is None
    assert (tmp_path / "zone.sqlite").read_bytes() == b"a database"


def test_on_another_day_a_new_one_begins_and_what_is_not_the_demos_stays(tmp_path: Path) -> None:
    make_demo(tmp_path)
    assert folder.make_ready(tmp_path, TOMORROW) == TODAY
    assert sorted(path.name for path in tmp_path.iterdir()) == [folder.DAY, "notes.txt"]


def test_a_folder_that_holds_no_demo_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "zone.sqlite").write_bytes(b"the database of a service")
    assert folder.make_ready(tmp_path, TODAY) is None
    assert (tmp_path / "zone.sqlite").exists()
