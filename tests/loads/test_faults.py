"""A load that meets a full disk, a cut connection or bad rows: all of it, or nothing."""

import resource
from pathlib import Path

import psycopg
import pytest

from regulars.core.errors import RegularsError, WarehouseError
from support.killing import exit_status
from support.loaded_warehouse import LoadedWarehouse, balance, line

ORDERS = [line(f"{number:05}", customer=f"C{number % 700}") for number in range(1, 20_001)]
CUT = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'regulars load' AND datname = current_database()
"""


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_a_disk_that_has_no_more_room_leaves_the_warehouse_as_it_was(kept: LoadedWarehouse):
    """The system lets no file grow beyond what the warehouse has now."""
    kept.build(kept.file("1.csv", ORDERS[:5_000]))
    before, size = kept.contents(), Path(kept.location).stat().st_size
    file = kept.file("2.csv", ORDERS)

    def load() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        kept.load(file)

    assert exit_status(load) != 0
    assert kept.contents() == before
    names = {path.name for path in kept.folder.iterdir()}
    assert names <= {"1.csv", "2.csv", Path(kept.location).name, f"{Path(kept.location).name}.lock"}
    kept.load(file)
    assert len(kept.rows("fact_sales")) == 20_000


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
@pytest.mark.parametrize("at", ["Comparing", "Changing", "Answering", "Publishing"])
def test_a_server_that_goes_away_in_the_midst_leaves_the_warehouse_as_it_was(at, kept, postgres):
    kept.build(kept.file("1.csv", ORDERS[:50]))
    before = kept.contents()
    file = kept.file("2.csv", ORDERS[40:90])

    def cut(said: str) -> None:
        if said.startswith(at):
            with psycopg.connect(postgres.uri) as con:
                con.execute(CUT)

    with pytest.raises(RegularsError) as raised:
        kept.load(file, progress=cut)
    assert isinstance(raised.value, WarehouseError)
    assert kept.contents() == before
    kept.load(file)
    assert len(kept.rows("fact_sales")) == 90


def test_bad_rows_in_the_midst_wait_and_the_others_are_loaded(kept: LoadedWarehouse):
    kept.build(kept.file("1.csv", ORDERS[:50]))
    bad = [line("a", quantity="two"), line("b", price=""), line("", product="tea")]
    file = kept.file("2.csv", [*ORDERS[50:120], *bad, *ORDERS[120:200]])
    torn = file.read_text().splitlines()
    torn.insert(60, '"an open quote, 1, 2')
    file.write_text("\n".join(torn) + "\n")
    report = kept.load(file)
    assert report.total("read")[0] == 154
    assert report.total("accepted")[0] == 150
    assert report.total("quarantined")[0] == 4
    assert balance(kept) == {(0, 0)}
