"""A file that leaves its formats open is read as an earlier file with the same columns was."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from regulars.core.errors import SourceError
from support.loaded_warehouse import LoadedWarehouse

HEADER = "Bestellnummer;Datum;Kunde;SKU;Menge;Einzelpreis\n"


@pytest.fixture
def shop(tmp_path: Path) -> LoadedWarehouse:
    """A warehouse whose file showed by 31.03. and 4,50 that it writes days first and commas."""
    shop = LoadedWarehouse(str(tmp_path / "shop.duckdb"), tmp_path)
    shop.build(write(tmp_path, "march", "1;31.03.2025;K1;cup;1;4,50"))
    return shop


def write(folder: Path, name: str, *lines: str, header: str = HEADER) -> Path:
    path = folder / f"{name}.csv"
    path.write_text(header + "\n".join(lines))
    return path


def days(shop: LoadedWarehouse) -> list[date]:
    return sorted(row["ordered_at"].date() for row in shop.rows("order_lines"))


def test_the_first_days_of_a_month_are_read_like_the_month_before(
    shop: LoadedWarehouse, tmp_path: Path
) -> None:
    shop.load(write(tmp_path, "april", "2;01.04.2025;K1;cup;1;4,50", "3;02.04.2025;K2;cup;2;4,50"))
    assert days(shop) == [date(2025, 3, 31), date(2025, 4, 1), date(2025, 4, 2)]


def test_a_format_that_the_file_itself_shows_takes_precedence(
    shop: LoadedWarehouse, tmp_path: Path
) -> None:
    shop.load(write(tmp_path, "points", "2;01.04.2025;K1;cup;1;4.50"))
    assert days(shop)[-1] == date(2025, 4, 1)
    shop.load(write(tmp_path, "american", "3;04.25.2025;K1;cup;1;4,50", "4;05.01.2025;K1;cup;1;1"))
    assert days(shop)[-2:] == [date(2025, 4, 25), date(2025, 5, 1)]
    assert sum(row["net_amount"] for row in shop.rows("order_lines")) == Decimal("14.50")


@pytest.mark.parametrize(
    ("lines", "header", "why"),
    [
        (["2;01.04.2025;K1;cup;1;4,50"], HEADER.replace("Kunde", "Customer"), "can be read day"),
        (["2;25.04.2025;K1;cup;1;1", "3;04.25.2025;K1;cup;1;1"], HEADER, "mixes date formats"),
    ],
)
def test_other_columns_and_mixed_dates_are_still_refused(
    shop: LoadedWarehouse, tmp_path: Path, lines: list[str], header: str, why: str
) -> None:
    with pytest.raises(SourceError, match=why):
        shop.load(write(tmp_path, "open", *lines, header=header))
    assert len(days(shop)) == 1
