"""Write a profile as TOML, which the standard library only reads."""

import json
import re
from collections.abc import Mapping
from typing import Any


def to_toml(profile: Mapping[str, Any]) -> str:
    """Return a profile as TOML: values first, then tables, then arrays of tables."""
    values, tables, arrays = [], [], []
    for name, value in profile.items():
        if isinstance(value, Mapping):
            tables.append(f"\n[{name}]\n{toml_lines(value)}")
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            arrays += [f"\n[[{name}]]\n{toml_lines(one)}" for one in value]
        else:
            values.append(toml_lines({name: value}))
    return "".join((*values, *tables, *arrays))


def toml_lines(values: Mapping[str, Any]) -> str:
    """Return one line for each key, with its value."""
    return "".join(f"{_key(name)} = {toml_value(value)}\n" for name, value in values.items())


def toml_value(value: Any) -> str:
    """Return a value as TOML: as JSON, except for tables and the character DEL."""
    if isinstance(value, Mapping):
        pairs = (f"{_key(name)} = {toml_value(one)}" for name, one in value.items())
        return f"{{ {', '.join(pairs)} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(toml_value, value))}]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else toml_value(name)
