"""The controls of the upload form for columns, dates, amounts, people, orders and the file.

A control sets one setting of a profile, under the words of a shop.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from regulars.core.schema import (
    LINE_COLUMNS,
    MAPPED_COLUMNS,
    REQUIRED_COLUMNS,
)
from regulars.web.dashboard.uploads.asked import asked_settings
from regulars.web.dashboard.uploads.corrections import (
    CURRENCY,
    Setting,
    selected_columns,
)
from regulars.web.dashboard.uploads.date_notation import EXAMPLE, to_notation
from regulars.web.dashboard.uploads.options import (
    AUTOMATIC,
    CENTS,
    DATES,
    DECIMAL,
    DELIMITERS,
    DISCOUNT,
    ENCODINGS,
    HEADER,
    LINE_TOTAL,
    NO_COLUMN,
    NONE,
    PRICE,
    REPEATED,
    Option,
    time_zones,
)
from regulars.web.dashboard.uploads.preview import UploadCheck
from regulars.web.dashboard.uploads.sections import LABELS

MOST_OF_AN_EXAMPLE = 40


@dataclass(frozen=True)
class Control:
    """An input for one setting of a profile.

    options   the choices of a select box; of "several", the values to choose from
    selected  the current value; None for what is detected
    hint      shown in an empty field
    is_sent   whether `selected` is an answer even if nobody changes it, as it was only proposed
    """

    setting: Setting
    label: str
    options: Sequence[Option] = ()
    selected: Any = None
    help: str = ""
    kind: Literal["select", "several", "text", "number"] = "select"
    hint: str = AUTOMATIC
    is_sent: bool = False


def columns_controls(
    check: UploadCheck, profile: str, settings: Mapping[str, Any]
) -> Iterator[Control]:
    """Yield a select box for each of our columns, the usual ones first."""
    selected = selected_columns(check, profile)
    if settings.get("columns", {}).get("customer_id") == []:
        selected["customer_id"] = []
    names = [Option(NONE), *(Option(_with_example(name, check), name) for name in check.header)]
    for ours, label in LABELS.items():
        options = [*names, *NO_COLUMN.get(ours, ())]
        value = selected.get(ours)
        if value is not None and value not in [option.value for option in options]:
            options.append(Option(in_words(value), value))
        required = " *" if ours in REQUIRED_COLUMNS else ""
        yield Control(
            ("columns", ours), label + required, options, value,
            MAPPED_COLUMNS[ours].description, hint=NONE,
        )  # fmt: skip


def _with_example(name: str, check: UploadCheck) -> str:
    example = check.examples.get(name, "")
    return f"{name} – {example[:MOST_OF_AN_EXAMPLE]}" if example else name


def in_words(value: Any) -> str:
    """Return what gives a column, in words."""
    if isinstance(value, Mapping) and "columns" in value:
        return f"{' and '.join(value['columns'])} together"
    return f"Always “{value['value']}”" if isinstance(value, Mapping) else str(value)


def dates_controls(settings: Mapping[str, Any]) -> list[Control]:
    """Return the controls for dates and time zones."""
    formats = settings.get("formats", {})
    given = formats.get("date_format")
    [format_, *_] = given if isinstance(given, list) else [given]
    zones = time_zones()
    return [
        Control(("formats", "dates"), "Dates", DATES, formats.get("dates")),
        Control(
            ("formats", "date_format"), "Other date format",
            selected=to_notation(format_) if format_ else None, kind="text", hint=EXAMPLE,
            help="DD is the day, MM the month, MMM the month as Jan, YYYY or YY the year, and "
            "HH:MM:SS the time. Add AM/PM if the times have it.",
        ),
        Control(
            ("formats", "timezone"), "Your shop's time zone", [Option("As in the file"), *zones],
            formats.get("timezone"),
            "Times that name a time zone are converted to this one.",
        ),
        Control(
            ("formats", "source_timezone"), "Time zone of the file",
            [Option("Your shop's"), *zones], formats.get("source_timezone"),
            "For times without a time zone, if they are not in your shop's, such as UTC.",
        ),
    ]  # fmt: skip


def amounts_controls(
    check: UploadCheck, profile: str, settings: Mapping[str, Any]
) -> Iterator[Control]:
    """Yield the controls for amounts that matter for the columns of the files."""
    formats = settings.get("formats", {})
    decimal = formats.get("decimal")
    columns = selected_columns(check, profile) or LINE_COLUMNS
    by_column = [Option("As chosen by column", decimal)] if isinstance(decimal, dict) else []
    yield Control(
        ("formats", "decimal"), "Decimal separator", [*DECIMAL, *by_column], decimal
    )  # fmt: skip
    if "discount" in columns or check.report is None:
        yield Control(("formats", "discount"), "Discounts are", DISCOUNT, formats.get("discount"))
    if "line_total" in columns or check.report is None:
        yield Control(
            ("formats", "line_total"), "Line totals are", LINE_TOTAL, formats.get("line_total"),
            "Amounts are used as the file gives them, with tax if they include it.",
        )  # fmt: skip
    if "line_total" not in columns:
        yield Control(
            ("formats", "price"), "Prices are", PRICE, formats.get("price"),
            "Amounts are used as the file gives them, with tax if they include it.",
        )  # fmt: skip
    yield Control(
        ("formats", "minor_units"), "A price of 1000 is", CENTS, formats.get("minor_units")
    )


def currencies_controls(check: UploadCheck, settings: Mapping[str, Any]) -> Iterator[Control]:
    """Yield the choice between several currencies, and the rates to convert them."""
    rates = settings.get("currencies", {})
    only = settings.get("formats", {}).get("currency")
    asked = [
        setting[1] for setting in asked_settings(check.proposals) if setting[0] == "currencies"
    ]
    codes = dict.fromkeys(
        [*([only] if only else ()), *asked, *([rates["base"]] if rates else ()), *rates]
    )
    codes = {code: None for code in codes if code not in ("use", "base")}
    if not codes:
        return
    options = [Option(NONE)]
    options += [Option(f"Only those in {code}", ("only", code)) for code in codes]
    options += [Option(f"All, converted into {code}", ("into", code)) for code in codes]
    selected = ("only", only) if only else ("into", rates["base"]) if rates else None
    yield Control(CURRENCY, "Amounts to count", options, selected)
    for code in codes:
        yield Control(
            ("currencies", code), f"1 {code} is worth", selected=rates.get(code), kind="text",
            hint="such as 0.92", help="Enter the amount in the currency that you convert into.",
        )  # fmt: skip


def people_controls(check: UploadCheck, settings: Mapping[str, Any]) -> Iterator[Control]:
    """Yield the choice of words that are nobody, or customers."""
    people = settings.get("people", {})
    words = [
        word for source in (check.report.sources if check.report else ()) for word in source.nobody
    ]
    for key, label, is_nobody in (
        ("nobody", "Count as guests", False), ("somebody", "Count as customers", True)
    ):  # fmt: skip
        chosen = list(listed(people.get(key, [])))
        found = [word.word for word in words if word.is_nobody == is_nobody]
        if names := dict.fromkeys([*found, *chosen]):
            options = [Option(name, name) for name in names]
            yield Control(("people", key), label, options, chosen, kind="several", hint=NONE)


def orders_controls(settings: Mapping[str, Any]) -> list[Control]:
    """Return the controls for what the rows of an order have in common."""
    orders = settings.get("orders", {})
    fill = ["order_id", "ordered_at", "customer_id"]
    options = [Option(AUTOMATIC), Option("Only on its first row", fill)]
    if (given := orders.get("fill")) and given != fill:
        options.append(Option("As in the profile", given))
    return [
        Control(
            ("orders", "fill"),
            "The file gives an order's number, date and customer",
            options,
            given,
        ),
        Control(
            ("orders", "repeated"), "Orders in several files", REPEATED, orders.get("repeated")
        ),
    ]


def file_controls(settings: Mapping[str, Any]) -> list[Control]:
    """Return the controls for where a file has its table."""
    file = settings.get("file", {})

    def rows(key: str, label: str, help_: str) -> Control:
        return Control(("file", key), label, (), file.get(key), help_, "number")

    return [
        rows(
            "header_row",
            "Row of the header",
            "The row number in a spreadsheet. Rows above it are skipped.",
        ),
        Control(("file", "header"), "Header", HEADER, file.get("header")),
        rows("skip_rows", "Rows to skip at the top", "Blank rows count."),
        rows("footer", "Rows to skip at the end", "Blank rows do not count."),
        Control(("file", "table"), "Sheet or table", selected=file.get("table"), kind="text"),
        Control(("file", "encoding"), "Encoding", ENCODINGS, file.get("encoding")),
        Control(("file", "delimiter"), "Separator of columns", DELIMITERS, file.get("delimiter")),
    ]


def listed(value: Any) -> Sequence[Any]:
    """Return a value of a profile as a list."""
    return value if isinstance(value, list) else [value]
