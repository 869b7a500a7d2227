"""What is lost when lines are stored with fewer decimals than their source has."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from regulars.core.formatting import counted
from regulars.core.schema import MAPPED_COLUMNS, QUANTITY
from regulars.sources.profiles.match_columns import ColumnMapping
from regulars.transform.staging.formats import SourceFormats, cell

if TYPE_CHECKING:
    from ibis.expr.types import Table, Value

VISIBLE = 0.00005
"""Less than this is nothing in a column with four decimals."""


def lost_decimals(table: "Table", mapping: ColumnMapping, formats: SourceFormats) -> "Table":
    """Return one row: of each column that is stored rounded, the rows and what they lose in all."""
    counts: dict[str, Value] = {}
    for name in sorted(formats.exact):
        exact = formats.read_number(cell(table, mapping, name), name)
        stored = exact.try_cast(MAPPED_COLUMNS[name].type)
        lost = exact.cast("float64") - stored.cast("float64")
        counts |= {f"{name}_rows": (lost != 0).cast("int64").sum(), f"{name}_lost": lost.sum()}
    return table.aggregate(**counts)


def precision_warnings(source: str, lost: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence on each column that is stored rounded."""
    for name in (key.removesuffix("_rows") for key in lost if key.endswith("_rows")):
        rows, is_quantity = lost[f"{name}_rows"], MAPPED_COLUMNS[name].type == QUANTITY
        if not rows:
            continue
        units = lost[f"{name}_lost"] if is_quantity else 0
        yield (
            f"{source}: {counted(rows, 'row has', 'rows have')} a {name} with more than "
            f"{3 if is_quantity else 4} decimals. Amounts are computed with all of them, then "
            f"rounded to 4 decimals. The {name} is stored rounded"
            + (f", which leaves out {units:,.6g} units in all." if abs(units) > VISIBLE else ".")
        )
