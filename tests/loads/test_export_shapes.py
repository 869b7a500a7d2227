"""The same orders have the same figures in every shape of export, or the file is refused."""

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from regulars.core.errors import RegularsError
from regulars.engines.duckdb.workspace import open_workspace
from regulars.loads.stage import stage
from support.export_shapes import HEADINGS, LINES, Shape, write_export
from support.warehouses import build_and_open, request_for

SHAPES = int(os.environ.get("REGULARS_SHAPES", "100"))
BUILT = 10
"""Of so many shapes, one is built into a warehouse; of the others, the lines are compared."""

MOST_REFUSED = 0.4

SOLD = [line for line in LINES if line.status == "paid"]
# French grouping uses a narrow no-break space, which cp1252 cannot write.
UNWRITABLE = ("French", "cp1252")

Lines = Counter[tuple[Any, ...]]
"""Order, day, customer, quantity, net amount and kind of each line sold or given back."""


@dataclass(frozen=True)
class Figures:
    """Figures that are the same whatever the shape; net sales by month."""

    net_sales: Decimal
    returns: Decimal
    orders: int
    customers: int
    months: Mapping[str, Decimal]


def shapes(headings: str) -> list[tuple[int, Shape]]:
    """Return the shapes with these headings, by seed: they share many of their queries."""
    all_shapes = ((seed, Shape.random(seed)) for seed in range(SHAPES))
    return [
        (seed, shape)
        for seed, shape in all_shapes
        if shape.headings == headings and (shape.number, shape.container) != UNWRITABLE
    ]


def lines_of(path: Path) -> Lines:
    """Return the lines that a build would count."""
    with open_workspace() as workspace:
        accepted = stage(workspace, request_for([path])).accepted
        rows = workspace.fetch(accepted.filter(accepted.kind.isin(("sale", "return"))))
    return Counter(
        (row["order_id"], row["ordered_at"].date(), row["customer_id"], row["quantity"],
         row["net_amount"], row["kind"])
        for row in rows
    )  # fmt: skip


def right_lines() -> Lines:
    return Counter(
        (line.order, line.at.date(), line.customer or None, line.quantity, line.net,
         "return" if line.quantity < 0 else "sale")
        for line in SOLD
    )  # fmt: skip


def figures_of(path: Path, folder: Path) -> Figures:
    shop = build_and_open(folder / "shop.duckdb", [path])
    with shop.warehouse:
        kpis = shop.one("kpis")
        months = {
            f"{row['month']:%Y-%m}": row["net_sales"] or Decimal(0)
            for row in shop.ask("monthly_sales")
        }
    return Figures(kpis["net_sales"], kpis["returns"], kpis["orders"], kpis["customers"], months)


def right_figures() -> Figures:
    buyers = {line.customer for line in SOLD if line.quantity > 0 and line.customer}
    months: dict[str, Decimal] = {}
    for line in SOLD:
        month = f"{line.at:%Y-%m}"
        months[month] = months.get(month, Decimal(0)) + line.net
    return Figures(
        net_sales=sum((line.net for line in SOLD), Decimal(0)),
        returns=-sum((line.net for line in SOLD if line.quantity < 0), Decimal(0)),
        orders=len({line.order for line in SOLD if line.quantity > 0}),
        customers=len(buyers),
        months=months,
    )


@pytest.mark.parametrize("headings", HEADINGS)
def test_the_same_orders_have_the_same_figures_in_every_shape(
    headings: str, tmp_path: Path
) -> None:
    refusals, same = list[str](), shapes(headings)
    for seed, shape in same:
        folder = tmp_path / str(seed)
        folder.mkdir()
        path = write_export(shape, folder)
        try:
            if seed % BUILT == 0:
                assert figures_of(path, folder) == right_figures(), (seed, shape)
            else:
                assert lines_of(path) == right_lines(), (seed, shape)
        except RegularsError as error:
            refusals.append(f"{shape}\n{error}")
    assert len(refusals) <= MOST_REFUSED * len(same), "\n\n".join(refusals)
