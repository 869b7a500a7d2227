"""Run a query of the catalog for a caller, and return its result as JSON or as a file."""

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from regulars.analyses.define import Analysis
from regulars.core.columns import ColumnCard
from regulars.core.files import escape_formula_rows, write_csv
from regulars.insights.table_file import CUSTOMER_COLUMNS
from regulars.warehouse.query_options import parse_moment
from regulars.warehouse.warehouse import Answer, Warehouse
from regulars.web.api.access import Caller

FileFormat = Literal["csv", "arrow", "parquet"]
MEDIA_TYPES: Mapping[str, str] = {
    "csv": "text/csv",
    "arrow": "application/vnd.apache.arrow.stream",
    "parquet": "application/vnd.apache.parquet",
}


@dataclass(frozen=True)
class Question:
    """A query of an analysis: the filters and options of `Warehouse.ask`."""

    analysis: str
    since: str | None = None
    until: str | None = None
    as_of: str | None = None
    where: Mapping[str, Sequence[str]] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)

    def answer(self, warehouse: Warehouse, caller: Caller) -> Answer:
        """Return the result, not yet computed.

        Raises Problem if the caller may not see it, InputError for an invalid query.
        """
        check_filters(self.where, caller)
        answer = warehouse.answer(
            self.analysis, since=self.since, until=self.until, as_of=self.as_of, where=self.where,
            **self.options,
        )  # fmt: skip
        if set(answer.columns) & set(CUSTOMER_COLUMNS):
            caller.require_customers()
        return answer

    def snapshot(self, warehouse: Warehouse) -> datetime:
        """Return the moment that RFM scores of the result refer to."""
        until = parse_moment(self.until)
        return parse_moment(self.as_of) or warehouse.snapshot(until.date() if until else None)


def check_filters(columns: Mapping[str, object], caller: Caller) -> None:
    """Raise Problem if the caller may not filter by one of these columns."""
    if set(columns) & set(CUSTOMER_COLUMNS):
        caller.require_customers()


def page_of(answer: Answer, offset: int, limit: int) -> tuple[list[dict[str, Any]], int | None]:
    """Return rows of a result, and the offset of the next ones; None after the last.

    Every analysis sorts its rows completely, so pages neither overlap nor leave rows out.
    """
    table = answer.table.limit(limit + 1, offset=offset)
    rows = list(islice(answer.reader.stream(table), limit + 1))
    return rows[:limit], offset + limit if len(rows) > limit else None


def write_answer(answer: Answer, file_format: FileFormat) -> Path:
    """Write all rows of a result to a new temporary file."""
    with tempfile.NamedTemporaryFile(
        prefix="regulars-", suffix=f".{file_format}", delete=False
    ) as file:
        path = Path(file.name)
    try:
        if file_format == "parquet":
            answer.to_parquet(path)
        elif file_format == "arrow":
            _write_arrow(answer, path)
        else:
            with path.open("w", encoding="utf-8", newline="") as stream:
                write_csv(answer.columns, escape_formula_rows(answer.rows()), stream)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


def _write_arrow(answer: Answer, path: Path) -> None:
    import pyarrow as pa

    with (
        answer.table.to_pyarrow_batches() as batches,
        pa.OSFile(str(path), "wb") as file,
        pa.ipc.new_stream(file, batches.schema) as stream,
    ):
        for batch in batches:
            stream.write_batch(batch)


def card_of(analysis: Analysis) -> dict[str, Any]:
    """Return an analysis as the catalog lists it."""
    return {
        "name": analysis.name,
        "question": analysis.question,
        "description": analysis.description,
        "identifies_customers": bool(set(analysis.columns) & set(CUSTOMER_COLUMNS)),
        "columns": columns_of(analysis.columns),
        "options": {
            name: {"choices": list(option.choices), "default": option.default}
            for name, option in analysis.options.items()
        },
    }


def columns_of(cards: Mapping[str, ColumnCard]) -> list[dict[str, str]]:
    """Return what columns are: name, label, unit and description."""
    return [
        {"name": name, "label": card.label, "unit": card.unit, "description": card.description}
        for name, card in cards.items()
    ]


def to_json(value: object) -> bytes:
    """Return a value as JSON: amounts as numbers, dates and times as ISO 8601."""
    return json.dumps(value, default=_plain, ensure_ascii=False, allow_nan=False).encode()


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")
