"""Set and remove targets, one by one or from a file."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from regulars.core.errors import InputError
from regulars.core.settings import Settings, load_settings
from regulars.engines.locate import engine_of
from regulars.lists.saved import author_or_user
from regulars.loads.entered_tables import add_row, open_to_enter, remove_rows
from regulars.warehouse.targets import (
    NET_SALES,
    TABLE,
    Target,
    TargetPeriod,
    checked_amount,
    checked_metric,
    parse_amount,
)

if TYPE_CHECKING:
    from ibis.expr.types import BooleanValue

    from regulars.engines.protocols import Store

Location = str | PathLike[str]
_DELIMITERS = ",;\t"


def set_target(
    period: str, amount: Decimal | int, *, metric: str = NET_SALES, author: str | None = None,
    warehouse: Location | None = None, settings: Settings | None = None,
) -> Target:  # fmt: skip
    """Set the target of a month (2011-11) or a quarter (2011-Q4), and return it.

    It replaces an earlier target of the same metric and period. `metric` is net_sales, orders or
    new_customers.

    Raises RegularsError, leaving the warehouse unchanged, for another period, metric or amount, or
    an engine that cannot store targets.
    """
    checked = checked_amount(Decimal(amount), checked_metric(metric))
    target = Target(TargetPeriod.parse(period), checked, metric)
    [saved] = save_targets([target], author=author, warehouse=warehouse, settings=settings)
    return saved


def save_targets(
    targets: Sequence[Target], *, author: str | None = None, warehouse: Location | None = None,
    settings: Settings | None = None, now: datetime | None = None,
) -> list[Target]:  # fmt: skip
    """Save all targets in the warehouse, in place of earlier ones, and return them.

    Raises RegularsError, leaving the warehouse unchanged, if the engine cannot store targets.
    """
    settings = settings or load_settings()
    engine = engine_of(warehouse or settings.warehouse)
    author, now = author_or_user(author), now or datetime.now()
    saved = [replace(target, author=author, set_at=now) for target in targets]
    with open_to_enter(engine, TABLE, settings.memory_limit) as store:
        for target in saved:
            remove_rows(store, TABLE, _matches(store, target.period, target.metric))
            add_row(store, TABLE, vars(target) | vars(target.period))
    return saved


def remove_target(
    period: str, *, metric: str = NET_SALES, warehouse: Location | None = None,
    settings: Settings | None = None,
) -> None:  # fmt: skip
    """Remove the target of a metric in a period. Raises InputError if there is none."""
    settings = settings or load_settings()
    engine = engine_of(warehouse or settings.warehouse)
    parsed = TargetPeriod.parse(period)
    with open_to_enter(engine, TABLE, settings.memory_limit) as store:
        if not remove_rows(store, TABLE, _matches(store, parsed, checked_metric(metric))):
            raise InputError(
                f"{parsed.words} has no target for {metric}. Show all:  regulars targets list"
            )


def read_target_file(path: Path, metric: str = NET_SALES) -> list[Target]:
    """Return the targets in a CSV file with two columns: period and amount.

    Raises InputError, naming the line, for a file that is not that.
    """
    checked_metric(metric)
    targets: dict[TargetPeriod, Target] = {}
    for number, cells in _rows(path):
        try:
            target = _parse(cells, metric)
        except InputError as error:
            raise InputError(f"{path}, line {number}: {error}") from None
        if target.period in targets:
            raise InputError(f"{path}, line {number}: {target.period} occurs twice.")
        targets[target.period] = target
    if not targets:
        raise InputError(f"{path} has no targets. Each line is a period and an amount.")
    return list(targets.values())


def _parse(cells: Sequence[str], metric: str) -> Target:
    if len(cells) != 2:
        raise InputError(f"there must be two columns, a period and an amount, not {len(cells)}.")
    return Target(TargetPeriod.parse(cells[0]), parse_amount(cells[1], metric), metric)


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the lines of the file that are neither empty nor the header."""
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise InputError(f"{path} is not a text file in UTF-8. Save it as CSV UTF-8.") from None
    first_line = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first_line.count)
    for number, cells in enumerate(csv.reader(text.splitlines(), delimiter=delimiter), 1):
        is_header = number == 1 and not any(letter.isdigit() for letter in first_line)
        if any(cell.strip() for cell in cells) and not is_header:
            yield number, cells


def _matches(store: "Store", period: TargetPeriod, metric: str) -> "BooleanValue":
    rows = store.table(TABLE)
    is_period = (rows.first_day == period.first_day) & (rows.grain == period.grain)
    return is_period & (rows.metric == metric)
