"""Surrogate keys, and the most frequent value of a column in each group."""

from typing import TYPE_CHECKING, cast

import ibis

from regulars.core.schema import UNKNOWN_KEY

if TYPE_CHECKING:
    from ibis.expr.types import IntegerColumn, Table, Value


def with_keys(members: "Table", key: str, *, by: str, known: "Table | None" = None) -> "Table":
    """Return members with an integer key, from 1 in the order of `by`, which is unique.

    Members in `known` (by, key) keep their keys; new members get the keys after its last.
    """
    if known is None:
        position = ibis.row_number().over(order_by=members[by]) + 1
        return members.mutate(**{key: position.cast("int64")})
    keys = known.select(key, known_by=by)
    joined = members.left_join(keys, members[by] == keys.known_by)
    is_new = joined[key].isnull()
    position = ibis.row_number().over(group_by=is_new, order_by=joined[by]) + 1
    last = ibis.coalesce(known[key].max().as_scalar(), 0)
    return joined.mutate(
        **{key: ibis.ifelse(is_new, last + position, joined[key]).cast("int64")}
    ).drop("known_by")


def key_or_unknown(key: "Value") -> "IntegerColumn":
    """Return a key from a left join, or the key of the unknown member if it is NULL."""
    return cast("IntegerColumn", ibis.coalesce(key, UNKNOWN_KEY).cast("int64"))


def most_frequent(rows: "Table", *, by: str, column: str, first: str | None = None) -> "Table":
    """Return the most frequent value of `column` for each `by`; the latest if there is a tie.

    Columns: by, column, seen (the number of different values). `first` names a boolean column;
    values from rows where it is true take precedence. Rows have `ordered_at`.
    """
    named = rows.filter(rows[column].notnull(), rows[by].notnull())
    preferred = named[first] if first else named[column].notnull()
    counted = named.group_by(by, column).aggregate(
        # PostgreSQL cannot cast a boolean to int64.
        preferred_times=ibis.ifelse(preferred, 1, 0).sum().cast("int64"),
        times=named.count(),
        latest=named.ordered_at.max(),
    )
    rank = [
        counted.preferred_times.desc(), counted.times.desc(), counted.latest.desc(),
        counted[column],
    ]  # fmt: skip
    ranked = counted.mutate(
        position=ibis.row_number().over(group_by=counted[by], order_by=rank),
        seen=counted.count().over(group_by=counted[by]),
    )
    return ranked.filter(ranked.position == 0).select(by, column, "seen")
