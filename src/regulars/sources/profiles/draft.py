"""Write a profile for a source: the columns as matched or proposed, with comments."""

import json
import re
from collections.abc import Mapping, Sequence

from regulars.sources.profiles.built_columns import BuiltColumn
from regulars.sources.profiles.match_columns import ColumnMapping
from regulars.sources.profiles.profile import shipped_text


def draft_of_mapping(
    source: str, found: Sequence[str], mapping: ColumnMapping, formats: Mapping[str, object]
) -> str:
    """Return the profile of a source that can be read.

    A source that a shipped profile reads gets a copy of it, which can be changed.
    """
    if not mapping.profile.is_generic and mapping.profile.is_shipped:
        text = re.sub(r"(?m)^recognised_by = .*\n", "", shipped_text(mapping.profile.name))
        return f"# A copy of the profile {mapping.profile.name}, which reads {source}.\n{text}"
    lines = [
        f"{ours} = {_value(mapping.built.get(name), name)}"
        for ours, name in mapping.columns.items()
    ]
    given = {name: value for name, value in formats.items() if isinstance(value, str)}
    return draft(source, found, mapping.source_columns, lines, given)


def draft(
    source: str,
    found: Sequence[str],
    used: Sequence[str],
    lines: Sequence[str],
    formats: Mapping[str, str],
) -> str:
    """Return a profile with these lines of [columns] and these formats.

    found  the columns of the source
    used   those of them that the lines name
    """
    unused = [json.dumps(name, ensure_ascii=False) for name in found if name not in used]
    parts = [
        f"# How to read {source}. docs/profiles.md explains every setting.",
        f"title = {json.dumps(source, ensure_ascii=False)}",
        "",
        "[columns]",
        *lines,
    ]
    if unused:
        parts += ["# Not used:", *(f"#   {name}" for name in unused)]
    if formats:
        parts += ["", "[formats]", *(f"{key} = {json.dumps(one)}" for key, one in formats.items())]
    return "\n".join(parts) + "\n"


def _value(built: BuiltColumn | None, name: str) -> str:
    if built is None:
        return json.dumps(name, ensure_ascii=False)
    if built.columns:
        return f"{{ columns = {json.dumps(built.columns, ensure_ascii=False)} }}"
    return f"{{ value = {json.dumps(built.value, ensure_ascii=False)} }}"
