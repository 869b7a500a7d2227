"""Turn the answers of the upload form into a profile."""

import re
import tomllib
from collections.abc import Callable, Mapping
from typing import Any

from regulars.core.errors import InputError, MappingError
from regulars.core.schema import MAPPED_COLUMNS
from regulars.sources.profiles.built_columns import BuiltColumn
from regulars.sources.profiles.column_names import find_column
from regulars.sources.profiles.match_columns import ColumnMapping, match_columns
from regulars.sources.profiles.profile import profile_names, shipped_text
from regulars.sources.profiles.toml_text import to_toml
from regulars.web.dashboard.uploads.date_notation import to_directives
from regulars.web.dashboard.uploads.preview import UploadCheck

Setting = tuple[str, ...]
"""A section and a key of a profile; for a rule: "kinds", a column and one of its values."""

Answers = Mapping[Setting, Any]
"""Values by setting; None for what is to be detected."""

CURRENCY: Setting = ("currencies", "use")
"""Which currencies to count: ("only", "EUR"), or ("into", "EUR") to convert all others."""

_ONLY_SHIPPED = ("people", "database", "files", "recognised_by", "refused")
"""Sections and keys of a shipped profile that a corrected one does not have."""

_BECAUSE = {
    "sale": "A sale", "return": "A return", "cancelled": "Not a sale", "discount": "Money off",
    "fee": "A fee", "adjustment": "An adjustment", "voucher": "A voucher", "test": "A test",
}  # fmt: skip
_REPLACES = {"line_total": "unit_price", "unit_price": "line_total"}


def corrected_profile(check: UploadCheck, profile: str, answers: Answers) -> str:
    """Return a TOML profile with the user's answers.

    Columns are part of it only once one of them was changed, so that until then a known export is
    read by its own profile.

    profile  the profile of earlier answers, empty for the first

    Raises InputError, with what to enter instead, for an answer that cannot be used.
    """
    data = settings_of(check, profile)
    by_section = _by_section(answers)
    for section, apply in _SECTIONS.items():
        if given := by_section.get(section):
            data[section] = apply(data.get(section), given)
    if _has_other_columns(check, by_section.get("file", {})):
        data.pop("columns", None)
    elif columns := by_section.get("columns"):
        data = _with_columns(check, profile, data, {ours: columns[ours,] for (ours,) in columns})
    data = {name: value for name, value in data.items() if value}
    return to_toml({"title": "Corrected in the dashboard"} | data) if data else ""


def settings_of(check: UploadCheck, profile: str) -> dict[str, Any]:
    """Return the sections of a corrected profile, or of the one in regulars.toml."""
    data = tomllib.loads(profile or check.base)
    return {name: value for name, value in data.items() if name != "title"}


def selected_columns(check: UploadCheck, profile: str) -> dict[str, Any]:
    """Return what gives each of our columns: as read, as corrected, or as proposed.

    A column of theirs, or a table as in a profile if it is joined or constant.
    """
    if check.report is not None:
        return _as_profile(check.report.sources[0].mapping)
    if columns := settings_of(check, profile).get("columns") or check.known:
        chosen = {
            ours: find_column(theirs, check.header) if isinstance(theirs, list) else theirs
            for ours, theirs in columns.items()
        }
        return {ours: theirs for ours, theirs in chosen.items() if theirs}
    mapping = _matched(check)
    return _as_profile(mapping) if mapping else {}


def _has_other_columns(check: UploadCheck, file: Answers) -> bool:
    """Return whether another part of the file becomes the header."""
    has_none = check.header[:1] == ("column1",)
    return bool(file.keys() - ({("header",), ("footer",)} if has_none else {("footer",)}))


def _by_section(answers: Answers) -> dict[str, dict[Setting, Any]]:
    """Return answers by section, of which each setting then lacks the name."""
    sections: dict[str, dict[Setting, Any]] = {}
    for (section, *key), value in answers.items():
        sections.setdefault(section, {})[tuple(key)] = value
    if CURRENCY in answers:
        use, code = answers[CURRENCY] or ("", "")
        sections.setdefault("formats", {})["currency",] = code if use == "only" else None
    return sections


def _with_columns(
    check: UploadCheck, profile: str, data: Mapping[str, Any], given: Mapping[str, Any]
) -> dict[str, Any]:
    """Return a profile that names every column, with all else that the recognised one says."""
    prices = [ours for ours in _REPLACES if given.get(ours)]
    if len(prices) > 1:
        raise InputError("Choose a column for the unit price or for the line total, not for both.")
    # Without an answer, orders must not become those of guests.
    columns: dict[str, Any] = {ours: [] for ours in MAPPED_COLUMNS if ours != "customer_id"}
    columns |= data.get("columns", {}) | selected_columns(check, profile)
    columns |= {_REPLACES[ours]: [] for ours in prices}
    columns |= {ours: [] if theirs is None else theirs for ours, theirs in given.items()}
    if given.get("customer_id", columns.get("customer_id")) is None:
        columns.pop("customer_id", None)
    if "columns" in data:
        return {**data, "columns": columns}
    base = _recognised(check)
    merged = {**base, **data, "columns": columns}
    merged["formats"] = {**base.get("formats", {}), **data.get("formats", {})}
    merged["kinds"] = [*data.get("kinds", []), *base.get("kinds", [])]
    return merged


def _as_profile(mapping: ColumnMapping) -> dict[str, Any]:
    own = {ours: mapping.own_column(ours) for ours in mapping.columns}
    return {
        ours: _table_of(mapping.built[name]) if name in mapping.built else name
        for ours, name in own.items()
    }


def _table_of(column: BuiltColumn) -> dict[str, Any]:
    return {"columns": list(column.columns)} if column.columns else {"value": column.value}


def _matched(check: UploadCheck) -> ColumnMapping | None:
    """Return the mapping of the columns by their headings; None if some are missing."""
    if check.report is not None:
        return check.report.sources[-1].mapping
    try:
        return match_columns("", check.header)
    except MappingError:
        return None


def _recognised(check: UploadCheck) -> dict[str, Any]:
    """Return the shipped profile that matched the files, without what only that source has."""
    mapping = _matched(check)
    if mapping is None or mapping.profile.is_generic:
        return {}
    name = mapping.profile.based_on or mapping.profile.name
    if name not in profile_names():
        return {}
    shipped = tomllib.loads(shipped_text(name))
    base = {name: value for name, value in shipped.items() if name not in _ONLY_SHIPPED}
    if mapping.people:
        base["people"] = {
            **({"customer_id": "pseudonym"} if mapping.people.pseudonyms else {}),
            **{ours: list(theirs) for ours, theirs in mapping.people.columns.items() if theirs},
            **({"not_kept": list(mapping.people.not_kept)} if mapping.people.not_kept else {}),
        }
    return base


def _changed(section: Mapping[str, Any] | None, given: Answers) -> dict[str, Any]:
    """Return a section with other values; a table is merged, and None removes a key."""
    values = dict(section or {})
    for (key,), value in given.items():
        is_merged = isinstance(value, Mapping) and isinstance(values.get(key), Mapping)
        values[key] = {**values[key], **value} if is_merged else value
    return {key: value for key, value in values.items() if value is not None}


def _formats(section: Mapping[str, Any] | None, given: Answers) -> dict[str, Any]:
    values = _changed(section, given)
    if format_ := given.get(("date_format",)):
        values["date_format"] = to_directives(format_)
        values.pop("dates", None)
    elif given.get(("dates",)):
        values.pop("date_format", None)
    if values.get("source_timezone") and not values.get("timezone"):
        raise InputError("To convert times, choose your shop's time zone as well.")
    return values


def _file(section: Mapping[str, Any] | None, given: Answers) -> dict[str, Any]:
    values = _changed(section, given)
    if "header_row" in values and ("skip_rows" in values or values.get("header") is False):
        raise InputError(
            "Enter the row of the header, or else how many rows to skip or that there is no header."
        )
    return values


def _currencies(section: Mapping[str, Any] | None, given: Answers) -> dict[str, Any]:
    """Return the rates into one currency; nothing if only one is counted."""
    earlier = dict(section or {})
    into = ("into", earlier.pop("base", ""))
    use, base = (given["use",] or ("", "")) if ("use",) in given else into
    if use != "into" or not base:
        return {}
    rates = earlier | {code: rate for (code,), rate in given.items() if code != "use"}
    rates.pop(base, None)
    for code, rate in rates.items():
        if not re.fullmatch(r"\d+(\.\d+)?", rate or "") or not float(rate):
            raise InputError(f"Enter what 1 {code} is worth in {base}, such as 0.92.")
    return {"base": base, **rates}


def _kinds(rules: list[dict[str, Any]] | None, given: Answers) -> list[dict[str, Any]]:
    """Return rules in which each of these values has its kind; the new ones come first."""
    kept = [rule for rule in (_without(rule, given) for rule in rules or ()) if rule]
    added: dict[tuple[str, str], list[str]] = {}
    for (column, value), kind in given.items():
        if kind:
            added.setdefault((column, kind), []).append(value)
    new = [
        {"kind": kind, "because": _BECAUSE[kind], column: values}
        for (column, kind), values in added.items()
    ]
    return [*new, *kept]


def _without(rule: dict[str, Any], given: Answers) -> dict[str, Any]:
    """Return a rule of an earlier answer without the values that are answered again."""
    conditions = [name for name in rule if name not in ("kind", "because", "as_written")]
    if len(conditions) > 1 or rule["because"] != _BECAUSE[rule["kind"]]:
        return rule
    [column] = conditions
    if not isinstance(rule[column], list):
        return rule
    values = [value for value in rule[column] if (column, value) not in given]
    return {**rule, column: values} if values else {}


_SECTIONS: Mapping[str, Callable[[Any, Answers], Any]] = {
    "formats": _formats,
    "file": _file,
    "currencies": _currencies,
    "kinds": _kinds,
    "people": _changed,
    "orders": _changed,
}
