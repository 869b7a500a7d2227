"""Write a profile for a source: the columns as matched or proposed, with comments."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from regulars.sources.profiles.built_columns import BuiltColumn
from regulars.sources.profiles.column_names import find_columns
from regulars.sources.profiles.match_columns import ColumnMapping
from regulars.sources.profiles.profile import GENERIC, load_profile, shipped_text
from regulars.sources.profiles.toml_text import to_toml, toml_lines, toml_value
from regulars.sources.profiles.totals import shipping_in, taxes_in, totals_in


def draft_of_mapping(
    source: str,
    found: Sequence[str],
    mapping: ColumnMapping,
    formats: Mapping[str, object],
    settings: Mapping[str, Any],
) -> str:
    """Return the profile of a source that can be read.

    A source that a shipped profile reads gets a copy of it, which can be changed, or only the
    settings that were added to it.

    formats   the formats it was read with
    settings  the sections of the user's profile that it was read with
    """
    if not mapping.profile.is_generic and mapping.profile.is_shipped:
        text = re.sub(
            r"(?m)^(recognised_by|adds_kinds) = .*\n|^# Its rules for kinds .*\n", "",
            shipped_text(mapping.profile.name),
        )  # fmt: skip
        return f"# A copy of the profile {mapping.profile.name}, which reads {source}.\n{text}"
    others = {name: value for name, value in settings.items() if name not in _OWN_LINES}
    given = settings.get("formats", {})
    if mapping.profile.based_on:
        title = toml_lines({"title": source})
        own_parts = {name: settings[name] for name in ("columns", "formats") if settings.get(name)}
        return (
            f"# Settings for {source}, which add to the profile {mapping.profile.based_on}.\n"
            f"{title}{to_toml(own_parts | others)}"
        )
    own = {ours: mapping.own_column(ours) for ours in mapping.columns}
    lines = [
        f"{ours} = {column_value(mapping.built.get(name), name)}" for ours, name in own.items()
    ]
    lines += [f"{ours} = []" for ours in _left_out(settings.get("columns", {}), found)]
    text = draft(
        source, found, mapping.source_columns, lines, formats={**formats, **given}, others=others,
        checked=_checked(found, mapping),
    )  # fmt: skip
    return text + (_STORES if "store" in mapping.columns and "orders" not in others else "")


_OWN_LINES = ("title", "columns", "formats")
"""The parts of a profile that a draft writes itself."""

_STORES = """
# If each store numbers its own orders:
# [orders]
# unique_per = "store"
"""


def draft(
    source: str,
    found: Sequence[str],
    used: Sequence[str],
    lines: Sequence[str],
    *,
    formats: Mapping[str, object],
    others: Mapping[str, Any],
    checked: Sequence[str] = (),
) -> str:
    """Return a profile with these lines of [columns], these formats and these other sections.

    found    the columns of the source
    used     those of them that the lines name
    checked  those with which the amounts are compared
    """
    unused = [toml_value(name) for name in found if name not in (*used, *checked)]
    parts = [
        f"# How to read {source}. docs/profiles.md explains every setting.",
        f"title = {toml_value(source)}",
        "",
        "[columns]",
        *lines,
    ]
    if checked:
        parts += ["# Compared with the amounts:", *(f"#   {toml_value(name)}" for name in checked)]
    if unused:
        parts += ["# Not used:", *(f"#   {name}" for name in unused)]
    sections = ({"formats": formats} if formats else {}) | dict(others)
    return "\n".join(parts) + "\n" + to_toml(sections)


def _checked(found: Sequence[str], mapping: ColumnMapping) -> list[str]:
    """Return the columns with stated totals, and the taxes and shipping in them."""
    totals = totals_in(found, mapping)
    return [*totals, *taxes_in(found, mapping), *shipping_in(found, mapping)] if totals else []


def column_value(built: BuiltColumn | None, name: str) -> str:
    """Return what gives one of our columns as TOML: a column, several, or a constant."""
    if built is None:
        return toml_value(name)
    return toml_value({"columns": built.columns} if built.columns else {"value": built.value})


def _left_out(columns: Mapping[str, Any], found: Sequence[str]) -> list[str]:
    """Return our columns that a profile leaves out on purpose: others would be found again."""
    common = load_profile(GENERIC).columns
    absent = [ours for ours, theirs in columns.items() if theirs == []]
    return [
        ours
        for ours in absent
        if ours == "customer_id" or find_columns(common.get(ours, ()), found)
    ]
