"""The upload form: the controls that a check asks about first, then all others by group."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from regulars.core.schema import (
    LINE_COLUMNS,
    MONEY_COLUMNS,
)
from regulars.web.dashboard.uploads.asked import asked_settings
from regulars.web.dashboard.uploads.controls import (
    Control,
    amounts_controls,
    columns_controls,
    currencies_controls,
    dates_controls,
    file_controls,
    in_words,
    orders_controls,
    people_controls,
)
from regulars.web.dashboard.uploads.corrections import (
    Setting,
    settings_of,
)
from regulars.web.dashboard.uploads.date_notation import to_notation
from regulars.web.dashboard.uploads.kind_controls import kind_controls, state_controls
from regulars.web.dashboard.uploads.options import (
    DECIMAL,
    Option,
)
from regulars.web.dashboard.uploads.preview import UploadCheck


@dataclass(frozen=True)
class Form:
    """The controls of the upload form.

    asked   those that the check asks about
    groups  all others by the title of their group
    """

    asked: Sequence[Control] = ()
    groups: Mapping[str, Sequence[Control]] = field(default_factory=dict)


def form_of(check: UploadCheck, profile: str, currency: str) -> Form:
    """Return the form for checked files; without columns if those of the files differ.

    currency  the sign that the shop shows with amounts
    """
    settings = settings_of(check, profile)
    columns = list(columns_controls(check, profile, settings)) if check.header else []
    groups = {
        "Columns": [one for one in columns if one.setting[1] in LINE_COLUMNS],
        "Totals and amounts of whole orders": [
            one for one in columns if one.setting[1] in MONEY_COLUMNS
        ],
        "What counts as a sale": [
            *(kind_controls(check, settings, currency) if check.header else ()),
            *state_controls(check, settings),
        ],
        "Dates": dates_controls(settings),
        "Amounts": [
            *amounts_controls(check, profile, settings),
            *currencies_controls(check, settings),
        ],
        "Customers and orders": [*people_controls(check, settings), *orders_controls(settings)],
        "File": file_controls(settings),
    }
    wanted = asked_settings(check.proposals)
    controls = [control for group in groups.values() for control in group]
    asked = [
        _proposed(control, check)
        for control in sorted(controls, key=lambda one: _rank(one.setting, wanted))
        if control.setting in wanted
    ]
    others = {
        title: [control for control in group if control.setting not in wanted]
        for title, group in groups.items()
    }
    return Form(asked, {title: group for title, group in others.items() if group})


def _rank(setting: Setting, wanted: Sequence[Setting]) -> int:
    return wanted.index(setting) if setting in wanted else len(wanted)


def _proposed(control: Control, check: UploadCheck) -> Control:
    """Return a control that the check asks about, without what it has refused already."""
    values = [one.value for one in check.proposals if (one.section, one.key) == control.setting]
    match control.setting:
        case "formats", "date_format" if values:
            control = replace(control, label="Date format", selected=to_notation(str(values[0])))
        case "formats", "decimal" if values and isinstance(values[0], dict):
            control = replace(control, options=_decimals_of(values[0]))
        case "columns", _:
            control = _column_to_choose(control, values)
    if check.report is not None or control.kind != "select" or control.selected is not None:
        is_sent = check.report is None and control.selected is not None and bool(values)
        return replace(control, is_sent=is_sent)
    options = [option for option in control.options if option.value is not None]
    return replace(control, options=options, hint="Choose …")


def _column_to_choose(control: Control, proposed: Sequence[Any]) -> Control:
    """Return a control for a column with those that a message proposes first."""
    known = [option.value for option in control.options]
    built = [Option(in_words(value), value) for value in proposed if isinstance(value, dict)]
    options = [*control.options, *(option for option in built if option.value not in known)]
    return replace(
        control, options=sorted(options, key=lambda one: one.value not in (None, *proposed))
    )


def _decimals_of(columns: Mapping[str, str]) -> list[Option]:
    return [
        Option(option.label, dict.fromkeys(columns, option.value))
        for option in DECIMAL
        if option.value
    ]
