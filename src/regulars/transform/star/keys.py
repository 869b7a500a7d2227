"""Surrogate keys, and the most frequent value of a column within its group."""

from typing import TYPE_CHECKING, cast

import ibis

from regulars.core.schema import UNKNOWN_KEY

if TYPE_CHECKING:
    from ibis.expr.types import IntegerColumn, Table, Value


def numbered(members: "Table", key: str, *, by: str, known: "Table | None" = None) -> "Table":
    """Return the members with an integer key, 1 upwards in the order of `by`, which is unique.

    Those that `known` (by, key) has keep their keys; the others go on behind its last.
    """
    if known is None:
        position = ibis.row_number().over(order_by=members[by]) + 1
        return members.mutate(**{key: position.cast("int64")})
    told = known.select(key, known_by=by)
    found = members.left_join(told, members[by] == told.known_by)
    is_new = found[key].isnull()
    position = ibis.row_number().over(group_by=is_new, order_by=found[by]) + 1
    last = ibis.coalesce(known[key].max().as_scalar(), 0)
    return found.mutate(
        **{key: ibis.ifelse(is_new, last + position, found[key]).cast("int64")}
    ).drop("known_by")


def or_unknown(key: "Value") -> "IntegerColumn":
    """Return a key found by a join, or that of the unknown member where there was none."""
    return cast("IntegerColumn", ibis.coalesce(key, UNKNOWN_KEY).cast("int64"))


def most_frequent(rows: "Table", *, by: str, column: str, first: str | None = None) -> "Table":
    """Return `by` with its most frequent, then latest `column`, and how many it was seen with.

    Columns: by, column, seen. Rows carry `ordered_at`. Where `first` names a yes/no column,
    values from rows where it holds come before all others.
    """
    named = rows.filter(rows[column].notnull(), rows[by].notnull())
    preferred = named[first] if first else named[column].notnull()
    counted = named.group_by(by, column).aggregate(
        # Not a cast: PostgreSQL has none from yes and no to int64.
        preferred_times=ibis.ifelse(preferred, 1, 0).sum().cast("int64"),
        times=named.count(),
        latest=named.ordered_at.max(),
    )
    rank = [
        counted.preferred_times.desc(), counted.times.desc(), counted.latest.desc(),
        counted[column],
    ]  # fmt: skip
    ranked = counted.mutate(
        place=ibis.row_number().over(group_by=counted[by], order_by=rank),
        seen=counted.count().over(group_by=counted[by]),
    )
    return ranked.filter(ranked.place == 0).select(by, column, "seen")
