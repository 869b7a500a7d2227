"""A warehouse of schema version 4: it says to build again, and a build preserves what it must."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import psycopg
import pytest

from regulars.core.errors import WarehouseError
from regulars.core.schema import FORMER_TABLES
from regulars.core.settings import Settings
from regulars.lists.api import Selection, create_list, export_list
from support.loaded_warehouse import LoadedWarehouse
from support.people import all_text, ann, bob, people_profile
from support.postgres import Postgres

ROWS = [ann("1"), ann("2", "mug"), bob("3"), bob("4", "mug")]
TO_VERSION_4 = """
    ALTER TABLE loads RENAME operation TO what;
    ALTER TABLE loads RENAME regulars_version TO program;
    ALTER TABLE load_sources RENAME duplicate_of TO same_as;
    ALTER TABLE load_sources RENAME formats_json TO reading;
    ALTER TABLE confirmed_orders RENAME confirms_source_id TO version_of;
    ALTER TABLE sync_marks RENAME fingerprint TO says;
    ALTER TABLE list_exports RENAME format TO form;
    ALTER TABLE list_members DROP matching_orders;
    ALTER TABLE list_members DROP matching_net_sales;
    UPDATE warehouse_facts SET value = '4' WHERE fact = 'schema_version';
    ALTER TABLE warehouse_facts RENAME TO load_facts;
    ALTER TABLE ledger_entries RENAME TO load_tallies;
    ALTER TABLE superseded_lines RENAME TO replaced_lines;
"""


@pytest.fixture(params=["duckdb", "postgresql"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def older(
    shop: LoadedWarehouse, engine: str, tmp_path: Path, request: pytest.FixtureRequest
) -> LoadedWarehouse:
    """A warehouse with a list and a forgotten customer, in the layout of version 4."""
    profile = people_profile(tmp_path)
    shop.build(shop.file("a.csv", ROWS), profile=profile)
    create_list("spring", Selection(), warehouse=shop.location, settings=Settings())
    export_list("spring", tmp_path / "spring.csv", warehouse=shop.location, settings=Settings())
    shop.forget("C-17")
    if engine == "duckdb":
        with duckdb.connect(shop.location) as con:
            for statement in TO_VERSION_4.split(";"):
                con.execute(statement)
    else:
        server: Postgres = request.getfixturevalue("postgres")
        schema = shop.location.rpartition("schema=")[2]
        with psycopg.connect(server.uri) as con:
            [(version,)] = con.execute(f"SELECT version FROM {schema}.published").fetchall()
            con.execute(f"SET search_path TO {schema}_{version}")
            con.execute(TO_VERSION_4)
    return shop


USES: list[Callable[[LoadedWarehouse], object]] = [
    lambda shop: shop.open(),
    lambda shop: shop.load(shop.file("b.csv", [bob("5")])),
    lambda shop: shop.undo(1),
    lambda shop: shop.forget("C-18"),
    lambda shop: create_list("new", Selection(), warehouse=shop.location, settings=Settings()),
]


def test_using_it_says_to_build_again_which_preserves_lists_and_who_was_forgotten(
    older: LoadedWarehouse, tmp_path: Path
) -> None:
    for use in USES:
        with pytest.raises(WarehouseError, match=r"another version of Regulars\. Build it again"):
            use(older)
    older.build(older.file("a.csv", ROWS), profile=people_profile(tmp_path))
    assert "brightwater" not in all_text(older)
    assert [row["name"] for row in older.rows("lists")] == ["spring"]
    assert [row["format"] for row in older.rows("list_exports")] == ["plain"]
    with older.open() as warehouse:
        assert not set(FORMER_TABLES) & set(warehouse.reader.tables())
    older.forget("C-18")
    assert "oakes" not in all_text(older)
