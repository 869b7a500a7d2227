"""Files that shops really export: each is read with its right figures, or refused in words.

Beside each file in `tests/cases/` is a TOML file of the same name with what is right, worked out by
hand: comments that say why, then

    files      the files to read, or a folder (by default, the file of the same name)
    profile    a mapping profile as text; without it, the file is read as it is
    beside     other files that the profile names
    refused    texts in the message of a refusal
    reported   texts that `build` prints, and `check` (`CHECKED`)
    unreported texts that `build` does not print
    figures    metrics of the whole shop (`analyses.METRICS`), and `quarantined` rows
    customers  by customer id, "guests" for guests: net_sales and orders
    months     net sales by month
    stores     net sales by store
    kinds      rows and money by kind of line: [rows, "money"]
"""

import os
import shutil
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from regulars.cli.main import cli
from regulars.core.errors import RegularsError
from regulars.warehouse.warehouse import Warehouse, open_warehouse

CASES = Path(__file__).parent / "cases"
CHECKED = (
    "amazon_transactions_german", "bundles", "chain_till_warned", "currency_by_day",
    "currency_once_per_order_refused", "dates_unknown", "excel_subtotals", "fh_status_not_known",
    "grouped_rows_reported", "hidden_sheet", "ids_shortened", "line_total_open",
    "nobody_in_six_languages", "shopify_full", "text_as_price", "total_unexplained",
    "totals_without_a_word", "two_row_groups",
)  # fmt: skip
"""Cases that `check` reads too, one for each kind of message. `make thorough` checks them all."""
KEYS = {"files", "profile", "beside", "refused", "reported", "unreported", "figures", "customers",
        "months", "stores", "kinds"}  # fmt: skip


@pytest.mark.parametrize("case", sorted(CASES.glob("*.toml")), ids=lambda path: path.stem)
def test_an_export_is_read_right_or_refused(
    case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = tomllib.loads(case.read_text("utf-8"))
    assert expected.keys() <= KEYS
    assert expected.keys() & {"refused", "figures"}, "a case needs figures, or a refusal"
    monkeypatch.chdir(tmp_path)
    arguments = _files(case, expected)
    if "profile" in expected:
        Path("mine.toml").write_text(expected["profile"], "utf-8")
        arguments += ["--profile", "mine.toml"]
    built = _run("build", *arguments, "-w", "shop.duckdb")
    if "refused" in expected:
        assert isinstance(built.exception, RegularsError), built.output
        assert not Path("shop.duckdb").exists()
    else:
        assert built.exception is None, built.exception
        with open_warehouse("shop.duckdb") as warehouse:
            assert _figures(warehouse, expected) == expected["figures"]
            assert _customers(warehouse, expected) == expected.get("customers", {})
            assert _months(warehouse, expected) == expected.get("months", {})
            assert _stores(warehouse, expected) == expected.get("stores", {})
            assert _kinds(warehouse, expected) == expected.get("kinds", {})
    for text in expected.get("unreported", ()):
        assert text not in _words(built)
    texts = (*expected.get("refused", ()), *expected.get("reported", ()))
    for text in texts:
        assert text in _words(built)
    if case.stem in CHECKED or (texts and "REGULARS_SHAPES" in os.environ):
        checked = _run("check", *arguments)
        assert type(checked.exception) is type(built.exception)
        assert texts
        for text in texts:
            assert text in _words(checked)


def _files(case: Path, expected: dict[str, Any]) -> list[str]:
    beside = (path for path in CASES.glob(f"{case.stem}.*") if path.suffix != ".toml")
    names = expected.get("files") or [path.name for path in beside]
    for name in (*names, *expected.get("beside", ())):
        if (CASES / name).is_dir():
            shutil.copytree(CASES / name, name)
        else:
            shutil.copy(CASES / name, Path(name).name)
    return [Path(name).name for name in names]


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


def _words(result: Result) -> str:
    """Return what a command printed on one line, as lines are wrapped to the terminal's width."""
    return " ".join(f"{result.output} {result.exception or ''}".split())


def _figures(warehouse: Warehouse, expected: dict[str, Any]) -> dict[str, Any]:
    wanted = expected["figures"]
    [figures] = warehouse.answers("kpis") if wanted.keys() - {"quarantined"} else [{}]
    if "quarantined" in wanted:
        figures["quarantined"] = sum(1 for _ in warehouse.rows(warehouse.table("quarantine")))
    return {name: _like(value, figures[name]) for name, value in wanted.items()}


def _customers(warehouse: Warehouse, expected: dict[str, Any]) -> dict[str, Any]:
    wanted = expected.get("customers")
    if wanted is None:
        return {}
    found = {
        row["customer_id"]: {"net_sales": row["net_sales"], "orders": row["orders"]}
        for row in warehouse.rows(warehouse.table("dim_customer"))
        if row["orders"] or row["net_sales"]
    }
    if "guests" in wanted:
        found["guests"] = _guests(warehouse)
    return {
        name: {key: _like(value, found[name][key]) for key, value in wanted.get(name, {}).items()}
        for name in found
    }


def _guests(warehouse: Warehouse) -> dict[str, Any]:
    sales, orders = warehouse.table("fact_sales"), warehouse.table("dim_order")
    goods = sales.filter(sales.customer_key == 0, sales.kind.isin(("sale", "return")))
    bought = orders.filter(orders.customer_key == 0, orders.kind == "sale")
    [net] = warehouse.rows(goods.aggregate(net_sales=goods.net_amount.sum()))
    [count] = warehouse.rows(bought.aggregate(orders=bought.count()))
    return {**net, **count}


def _months(warehouse: Warehouse, expected: dict[str, Any]) -> dict[str, str]:
    wanted = expected.get("months", {})
    if not wanted:
        return {}
    found = {
        f"{row['month']:%Y-%m}": row["net_sales"] for row in warehouse.answers("monthly_sales")
    }
    return {month: _like(value, found.get(month)) for month, value in wanted.items()}


def _stores(warehouse: Warehouse, expected: dict[str, Any]) -> dict[str, str]:
    wanted = expected.get("stores")
    if wanted is None:
        return {}
    rows = warehouse.answers("sales_by", by="store")
    return {row["store"]: _like(wanted.get(row["store"]), row["net_sales"]) for row in rows}


def _kinds(warehouse: Warehouse, expected: dict[str, Any]) -> dict[str, Any]:
    wanted = expected.get("kinds")
    if wanted is None:
        return {}
    sales = warehouse.table("fact_sales")
    rows = sales.group_by("kind").aggregate(rows=sales.count(), net=sales.net_amount.sum())
    return {
        row["kind"]: [row["rows"], _like(wanted.get(row["kind"], ["", ""])[1], row["net"])]
        for row in warehouse.rows(rows)
    }


def _like(expected: Any, found: Any) -> Any:
    """Return a figure as it is written in the case: the same number may have more zeros."""
    if isinstance(expected, str) and found is not None and Decimal(expected) == found:
        return expected
    return str(found) if isinstance(found, Decimal) else found
