"""Columns that a profile builds: joined from several columns of the source, or constant.

[columns]
order_id = { columns = ["store", "receipt"] }   joined; a row needs all of them
ordered_at = { columns = ["Date", "Time"] }     joined by a blank; the time may be missing
quantity = { value = 1 }                        the same for every row
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from regulars.core.errors import ProfileError
from regulars.sources.profiles.checks import check_keys

_JOINED: Mapping[str, Literal["key", "time", "text"]] = {
    # Without one of its parts, a key would be that of something else.
    "order_id": "key", "customer_id": "key", "product_id": "key",
    "ordered_at": "time",
}  # fmt: skip

_SIGNS = {"key": " + ", "time": " & ", "text": " & ", "store": " | "}
"""What joins the names of columns in a label."""

_NEVER_CONSTANT = ("order_id", "customer_id")
_EXAMPLE = '{ columns = ["store", "receipt"] } or { value = 1 }'


@dataclass(frozen=True)
class BuiltColumn:
    """A column of ours that the source does not have as such.

    columns  the columns of the source to join, in this order
    value    the value of every row, if `columns` is empty
    joined   as a key, which needs all of its parts; as a time, which needs the first; as text; or
             as the id of something in a store: the store, then the id
    """

    columns: tuple[str, ...] = ()
    value: str | int | float = ""
    joined: Literal["key", "time", "text", "store"] = "text"

    @property
    def label(self) -> str:
        """The name of the column beside those of the source."""
        if not self.columns:
            return f"constant {self.value}"
        return _SIGNS[self.joined].join(self.columns)


def parts_of(label: str) -> tuple[str, ...]:
    """Return the source columns behind a label: those it was joined from, or the column itself."""
    return tuple(re.split(r" [+&|] ", label))


def without_store(label: str) -> str:
    """Return the label of a column without the store that makes its ids unique."""
    return label.rpartition(_SIGNS["store"])[2]


def parse_built(ours: str, definition: Mapping[str, Any], where: str) -> BuiltColumn:
    """Return the column that a table such as `{ columns = ["store", "receipt"] }` defines.

    Raises ProfileError if the definition is malformed.
    """
    check_keys(definition, ("columns", "value"), where)
    if len(definition) != 1:
        raise ProfileError(f"{where} must be {_EXAMPLE}.")
    if "columns" in definition:
        columns = definition["columns"]
        if not isinstance(columns, list) or not columns or not _are_texts(columns):
            raise ProfileError(f'{where}, columns must be a list such as ["store", "receipt"].')
        return BuiltColumn(tuple(columns), joined=_JOINED.get(ours, "text"))
    value = definition["value"]
    if not isinstance(value, str | int | float) or isinstance(value, bool) or value == "":
        raise ProfileError(f"{where}, value must be text or a number, such as 1.")
    if ours in _NEVER_CONSTANT:
        raise ProfileError(f"{where} cannot be the same for every row.")
    return BuiltColumn(value=value)


def _are_texts(values: list[Any]) -> bool:
    return all(isinstance(text, str) for text in values)
