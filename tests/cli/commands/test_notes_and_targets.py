"""The `notes` and `targets` commands, from the first note to the last target."""

from pathlib import Path

from support.small_shop import SHOP
from support.terminal import output_lines


def test_notes_and_targets_are_entered_listed_and_removed(tmp_path: Path) -> None:
    (tmp_path / "shop.csv").write_text(SHOP, "utf-8")
    output_lines("build", "shop.csv", cwd=tmp_path)
    assert output_lines("notes", "list", cwd=tmp_path)[0].startswith("No notes yet")
    days, author = "2024-02-05/2024-02-12", ("--author", "Ida")
    assert output_lines(
        "notes", "add", days, "Tea week", "--kind", "promotion", *author, cwd=tmp_path
    ) == ["Note 1 saved. Promotion, 5 to 12 February 2024: Tea week"]
    assert output_lines("notes", "list", cwd=tmp_path) == [
        "ID Days Kind Note Author", "1 5 to 12 February 2024 Promotion Tea week Ida",
    ]  # fmt: skip
    assert output_lines("notes", "change", "1", "2024-02-06", "Tea day", cwd=tmp_path) == [
        "Note 1 changed. Note, 6 February 2024: Tea day"
    ]
    assert output_lines("notes", "remove", "1", cwd=tmp_path) == ["Note 1 removed."]

    (tmp_path / "targets.csv").write_text("period,target\n2024-02,200\n2024-04,174\n", "utf-8")
    assert output_lines("targets", "import", "targets.csv", cwd=tmp_path) == ["2 targets saved."]
    # 179.00 in February, 87.00 by 10 April: a third of its 30 days.
    assert output_lines("targets", "list", cwd=tmp_path) == [
        "Period Metric Target Actual Reached Elapsed",
        "2024-02 Net sales 200.00 179.00 89.5% complete",
        "2024-04 Net sales 174.00 87.00 50.0% 33.3% of its days, to 10 Apr",
        "",
        "Net sales in April 2024 reached 50.0% of the target by 10 April: 87.00 of 174.00. 33.3% "
        "of the days in April 2024 are over.",
    ]
    assert output_lines("targets", "remove", "2024-02", cwd=tmp_path) == ["Target removed."]
