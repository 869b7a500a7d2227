"""On a full disk, a lost connection or bad rows, a load does everything or nothing."""

import resource
from pathlib import Path

import psycopg
import pytest

from regulars.core.errors import RegularsError, WarehouseError
from support.engines import POSTGRESQL_IF_THOROUGH
from support.killing import exit_status
from support.loaded_warehouse import LoadedWarehouse, balance, line
from support.postgres import Postgres

ORDERS = [line(f"{number:05}", customer=f"C{number % 700}") for number in range(1, 6_001)]
CUT = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'regulars load' AND datname = current_database()
"""


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_a_full_disk_leaves_the_warehouse_unchanged(shop: LoadedWarehouse) -> None:
    """The system allows no file larger than the warehouse is now."""
    shop.build(shop.file("1.csv", ORDERS[:1_500]))
    before, size = shop.contents(), Path(shop.location).stat().st_size
    file = shop.file("2.csv", ORDERS)

    def load() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        shop.load(file)

    assert exit_status(load) != 0
    assert shop.contents() == before
    names = {path.name for path in shop.folder.iterdir()}
    assert names <= {"1.csv", "2.csv", Path(shop.location).name, f"{Path(shop.location).name}.lock"}
    shop.load(file)
    assert len(shop.rows("fact_sales")) == 6_000


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    "at",
    [
        pytest.param("Comparing", marks=pytest.mark.thorough),
        "Updating",
        pytest.param("Computing", marks=pytest.mark.thorough),
        "Publishing",
    ],
)
def test_a_lost_connection_leaves_the_warehouse_unchanged(
    at: str, shop: LoadedWarehouse, postgres: Postgres
) -> None:
    shop.build(shop.file("1.csv", ORDERS[:50]))
    before = shop.contents()
    file = shop.file("2.csv", ORDERS[40:90])

    def cut(message: str) -> None:
        if message.startswith(at):
            with psycopg.connect(postgres.uri) as con:
                con.execute(CUT)

    with pytest.raises(RegularsError) as raised:
        shop.load(file, progress=cut)
    assert isinstance(raised.value, WarehouseError)
    assert shop.contents() == before
    shop.load(file)
    assert len(shop.rows("fact_sales")) == 90


@POSTGRESQL_IF_THOROUGH
def test_bad_rows_are_quarantined_and_the_others_are_loaded(shop: LoadedWarehouse) -> None:
    shop.build(shop.file("1.csv", ORDERS[:50]))
    bad = [line("a", quantity="two"), line("b", price=""), line("", product="tea")]
    file = shop.file("2.csv", [*ORDERS[50:120], *bad, *ORDERS[120:200]])
    lines = file.read_text().splitlines()
    lines.insert(60, '"an open quote, 1, 2')
    file.write_text("\n".join(lines) + "\n")
    report = shop.load(file)
    assert report.total("read")[0] == 154
    assert report.total("accepted")[0] == 150
    assert report.total("quarantined")[0] == 4
    assert balance(shop) == {(0, 0)}
