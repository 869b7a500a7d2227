"""The drill-down of a number of quarantined rows: the rows themselves."""

from collections.abc import Iterator, Sequence

import pytest

import regulars
from regulars.core.errors import InputError
from regulars.insights.drilldown import DrillDown
from regulars.insights.parts import Cell, Part, Section
from regulars.insights.scope import Scope
from regulars.insights.sections.data_quality import quality
from regulars.insights.sections.loads import pending_rows
from regulars.insights.sections.quarantine import QuarantineDrillDown
from regulars.warehouse.warehouse import open_warehouse
from support.present import present
from support.sections import Subject, table_of, tables
from support.small_shop import SHOP

BAD = """\
1002,2024-01-05 12:00:00,Bob,T1,Tea,Drinks,Tea,a dozen,10.00,0,UK,paid
,2024-04-10 12:00:00,Zoe,T1,Tea,Drinks,Tea,1,10.00,0,UK,paid
"""
NO_NUMBER, NO_ORDER = "The quantity is missing or is not a number.", "The order number is missing."


@pytest.fixture(scope="module")
def bad_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scope]:
    folder = tmp_path_factory.mktemp("bad")
    (folder / "shop.csv").write_text(SHOP + BAD, "utf-8")
    regulars.build(folder / "shop.csv", warehouse=folder / "shop.duckdb")
    with open_warehouse(folder / "shop.duckdb") as warehouse:
        yield Scope(warehouse)


def quarantined(figure: str, scope: Scope) -> Section:
    """Return the drill-down of a number of quarantined rows."""
    return present(QuarantineDrillDown.of(figure))(scope)


def rows_of(part: Part) -> Sequence[Sequence[Cell]]:
    return table_of(part).rows


def figures(section: Section | None) -> dict[str, Cell]:
    """Return the first figure of each row that can be drilled into, by the name of the row."""
    return {
        row[0].text: row[1]
        for table in tables(section)
        for row in table.rows
        if len(row) > 1 and row[1].figure
    }


@pytest.mark.parametrize("subject", [quality, pending_rows], ids=lambda one: one.__name__)
def test_each_reason_drills_down_to_its_original_rows(bad_shop: Scope, subject: Subject) -> None:
    found = figures(subject(bad_shop))
    section = quarantined(found[NO_NUMBER].figure, bad_shop)
    assert section.finding == NO_NUMBER
    [row] = rows_of(section.parts[0])
    assert [cell.text for cell in row[:3]] == ["shop.csv", "32", NO_NUMBER]
    assert "Quantity: a dozen" in row[3].text
    [row] = rows_of(quarantined(found[NO_ORDER].figure, bad_shop).parts[0])
    assert row[1].text == "33"


def test_the_number_of_quarantined_rows_drills_down_to_all_of_them(bad_shop: Scope) -> None:
    figure = figures(quality(bad_shop))["Quarantined"]
    assert figure.text == "2"
    assert len(rows_of(quarantined(figure.figure, bad_shop).parts[0])) == 2


def test_each_accepted_kind_drills_down_to_as_many_lines_as_it_counts(bad_shop: Scope) -> None:
    found = {name: cell for name, cell in figures(quality(bad_shop)).items() if "Acc" in name}
    assert {name: cell.text for name, cell in found.items()} == {
        "Accepted: sale": "23", "Accepted: return": "4", "Accepted: cancelled": "2",
        "Accepted: adjustment": "1",  # the pen given away
    }  # fmt: skip
    for name, cell in found.items():
        kinds, latest, _ = DrillDown.of(cell.figure, shows_customers=True)(bad_shop).parts
        assert [[row[0].text, row[1].text] for row in rows_of(kinds)] == [[name[10:], cell.text]]
        assert len(rows_of(latest)) == int(cell.text)


def test_each_source_drills_down_to_its_accepted_lines(bad_shop: Scope) -> None:
    [row] = rows_of(quality(bad_shop).parts[-1])
    [accepted] = [cell for cell in row if cell.figure]
    assert accepted.text == "30"
    kinds, *_ = DrillDown.of(accepted.figure, shows_customers=True)(bad_shop).parts
    assert sum(int(row[1].text) for row in rows_of(kinds)) == 30


def test_a_reason_that_no_row_has_is_refused(bad_shop: Scope) -> None:
    with pytest.raises(InputError, match='No quarantined row has the reason "Because"'):
        quarantined("quarantine.rows?reason=Because", bad_shop)


def test_a_sales_figure_is_not_a_quarantine_drill_down() -> None:
    assert QuarantineDrillDown.of("kpis.net_sales") is None
