"""The same orders have the same figures in every shape of export, or the file is refused."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from regulars.core.errors import RegularsError
from support.export_shapes import LINES, Shape, write_export
from support.warehouses import build_and_open

SHAPES = int(os.environ.get("REGULARS_SHAPES", "100"))
MOST_REFUSED = 0.4

SOLD = [line for line in LINES if line.status == "paid"]
# French grouping uses a narrow no-break space, which cp1252 cannot write.
UNWRITABLE = ("French", "cp1252")


@dataclass(frozen=True)
class Figures:
    """Figures that are the same whatever the shape; net sales by month."""

    net_sales: Decimal
    returns: Decimal
    orders: int
    customers: int
    months: Mapping[str, Decimal]


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


@pytest.mark.parametrize("batch", range(10))
def test_the_same_orders_have_the_same_figures_in_every_shape(batch: int, tmp_path: Path) -> None:
    right, refusals, seeds = right_figures(), list[str](), range(batch, SHAPES, 10)
    for seed in seeds:
        shape, folder = Shape.random(seed), tmp_path / str(seed)
        if (shape.number, shape.container) == UNWRITABLE:
            continue
        folder.mkdir()
        try:
            figures = figures_of(write_export(shape, folder), folder)
        except RegularsError as error:
            refusals.append(f"{shape}\n{error}")
            continue
        assert figures == right, (seed, shape)
    assert len(refusals) <= MOST_REFUSED * len(seeds), "\n\n".join(refusals)
