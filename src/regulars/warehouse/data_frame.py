"""Results as pandas data frames."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ibis.expr.types import Table
    from pandas import DataFrame


def to_pandas(table: "Table", *, exact: bool = False) -> "DataFrame":
    """Return a result as a data frame, with amounts as floats, or as Arrow decimals if `exact`."""
    schema = table.schema()
    decimals = {name: kind for name, kind in schema.items() if kind.is_decimal()}
    if not exact:
        return table.cast(dict.fromkeys(decimals, "float64")).to_pandas()

    import pandas as pd

    types = {name: pd.ArrowDtype(kind.to_pyarrow()) for name, kind in decimals.items()}
    return table.to_pandas().astype(types)
