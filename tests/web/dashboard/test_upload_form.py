"""The upload form asks what a check asks, in words, and its answers become a profile."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import regulars
from regulars.core.errors import InputError
from regulars.core.settings import Settings
from regulars.sources.profiles.profile import parse_profile
from regulars.web.auth.current_user import CurrentUser
from regulars.web.dashboard.uploads.controls import Control
from regulars.web.dashboard.uploads.corrections import (
    Answers,
    corrected_profile,
    selected_columns,
)
from regulars.web.dashboard.uploads.date_notation import to_directives, to_notation
from regulars.web.dashboard.uploads.form import form_of
from regulars.web.dashboard.uploads.preview import (
    UploadCheck,
    UploadedFile,
    check_upload,
    download_profile,
    readable,
)
from regulars.web.roles import Role
from support.present import present

ADAM = CurrentUser("adam", Role.ADMIN)
HEADER = "order_id,order_date,customer_id,product,quantity,unit_price"


def check(rows: str, profile: str = "", settings: Settings | None = None) -> UploadCheck:
    files = [UploadedFile("shop.csv", rows.encode())]
    return check_upload(ADAM, files, profile, settings or Settings())


def shop(*lines: str, header: str = HEADER) -> str:
    return "\n".join((header, *lines, ""))


def asked(result: UploadCheck, profile: str = "") -> dict[str, Control]:
    """Return the controls that a check asks about, by label."""
    return {control.label: control for control in form_of(result, profile, "").asked}


def sent(result: UploadCheck, profile: str = "", **answers: str) -> str:
    """Return the profile after a user chose these options by label, and sent the form.

    Labels are written with _ instead of a blank.
    """
    form = form_of(result, profile, "")
    chosen: dict[tuple[str, ...], Any] = {
        control.setting: control.selected for control in form.asked if control.is_sent
    }
    controls = {
        control.label: control for group in (form.asked, *form.groups.values()) for control in group
    }
    for label, text in answers.items():
        control = controls[label.replace("_", " ")]
        options = {option.label: option.value for option in control.options}
        chosen[control.setting] = options[text] if options else text
    return corrected_profile(result, profile, chosen)


def net_sales(result: UploadCheck) -> str:
    report = present(result.report)
    return f"{sum(report.total('accepted', kind)[1] for kind in ('sale', 'return')):.2f}"


def test_a_refusal_is_a_sentence_and_the_controls_that_settle_it() -> None:
    rows = shop("1,03/04/2024,Ann,Tea,1,5.00", "2,05/04/2024,Bob,Tea,1,5.00")
    result = check(rows)
    assert result.error.endswith('in all 2 rows, such as "03/04/2024", "05/04/2024".')
    assert [*asked(result)] == ["Dates"]
    # What was refused is no choice.
    assert asked(result)["Dates"].options[0].label == "Day first: 31/12/2025"
    profile = sent(result, Dates="Month first: 12/31/2025")
    assert tomllib.loads(profile)["formats"] == {"dates": "month-first"}
    assert present(check(rows, profile).report).sources[0].source_formats.dates == "month-first"


def test_an_unknown_date_format_is_proposed_as_a_spreadsheet_writes_it() -> None:
    rows = shop("1,25|09|11,Ann,Tea,1,5.00", "2,26|09|11,Bob,Tea,1,5.00")
    result = check(rows)
    assert asked(result)["Date format"].selected == "DD|MM|YY"
    profile = sent(result)
    assert tomllib.loads(profile)["formats"] == {"date_format": "%d|%m|%y"}
    assert net_sales(check(rows, profile)) == "10.00"


def test_messages_write_date_formats_as_a_spreadsheet_does() -> None:
    text = 'shop.csv: column "Date" has no date in the format "%m.%d.%Y". 10% of "it" is blank.'
    assert readable(text) == text.replace("%m.%d.%Y", "MM.DD.YYYY")


@pytest.mark.parametrize(
    ("notation", "format_"),
    [
        ("DD.MM.YYYY HH:MM", "%d.%m.%Y %H:%M"),
        ("d/m/yy h:mm:ss AM/PM", "%d/%m/%y %I:%M:%S %p"),
        ("MMM D YYYY", "%b %d %Y"),
        ("YYYY-MM-DDTHH:MM:SS", "%Y-%m-%dT%H:%M:%S"),
        ("%d~%m~%Y", "%d~%m~%Y"),
    ],
)
def test_a_date_format_is_read_as_in_a_spreadsheet(notation: str, format_: str) -> None:
    assert to_directives(notation) == format_
    assert to_directives(to_notation(format_)) == format_


def test_a_date_format_without_a_year_is_refused_in_words() -> None:
    with pytest.raises(InputError, match=r'"DD\.MM\." needs a day .* and a year'):
        to_directives("DD.MM.")


def test_one_currency_is_chosen_or_the_others_are_converted() -> None:
    rows = shop("1,2024-04-03,Ann,Tea,1,100.00,EUR", "2,2024-04-03,Bob,Tea,1,50.00,USD",
                header=f"{HEADER},currency")  # fmt: skip
    result = check(rows)
    assert "EUR 100.00 (1 row)" in result.error
    assert [*asked(result)] == ["Amounts to count", "1 EUR is worth", "1 USD is worth"]
    only = sent(result, Amounts_to_count="Only those in USD")
    assert tomllib.loads(only)["formats"] == {"currency": "USD"}
    into = sent(result, Amounts_to_count="All, converted into EUR", **{"1_USD_is_worth": "0.92"})
    converted = check(rows, into)
    # 100 + 50 x 0.92 = 146
    assert net_sales(converted) == "146.00"
    later = sent(converted, into, Amounts_to_count="Only those in EUR")
    assert tomllib.loads(later) == tomllib.loads(only) | {"formats": {"currency": "EUR"}}
    with pytest.raises(InputError, match="Enter what 1 USD is worth in EUR"):
        sent(result, Amounts_to_count="All, converted into EUR", **{"1_USD_is_worth": "1,05"})


def test_prices_in_cents_take_two_answers() -> None:
    rows = shop("1,2024-04-03,Ann,Tea,2,1000", header=HEADER.replace("price", "price_cents"))
    first = check(rows)
    assert asked(first)["Unit price *"].selected == "unit_price_cents"
    columns = sent(first)
    second = check(rows, columns)
    assert [*asked(second, columns)] == ["A price of 1000 is"]
    assert "profile" not in second.error
    cents = sent(second, columns, A_price_of_1000_is="10.00, as it is in cents")
    assert tomllib.loads(cents)["formats"] == {"minor_units": True}
    assert tomllib.loads(cents)["columns"]["unit_price"] == "unit_price_cents"


def test_a_file_without_order_numbers_and_quantities_offers_what_stands_for_them() -> None:
    rows = shop("2024-04-03,c1,T1,5.00", "2024-04-03,c1,T2,7.00", "2024-04-04,c1,T1,5.00",
                header="t_dat,customer_id,article_id,price")  # fmt: skip
    result = check(rows)
    assert {"Order number *", "Order date *", "Quantity *"} == set(asked(result))
    dates = [option.label for option in asked(result)["Order date *"].options]
    assert "t_dat – 2024-04-04" in dates
    profile = sent(
        result,
        **{
            "Order_number_*": "customer_id and t_dat together",
            "Quantity_*": "Not in the file: one unit per row",
        },
    )
    again = check(rows, profile)
    assert net_sales(again) == "17.00"
    assert selected_columns(again, profile)["order_id"] == {"columns": ["customer_id", "t_dat"]}


def test_orders_are_those_of_guests_only_if_the_user_says_so() -> None:
    before = UploadCheck({"shop.csv": ["Ref", "When", "Who"]})
    columns = tomllib.loads(corrected_profile(before, "", {("columns", "order_id"): "Ref"}))
    assert "customer_id" not in columns["columns"]
    answers: Answers = {("columns", "customer_id"): []}
    guests = corrected_profile(before, "", answers)
    assert tomllib.loads(guests)["columns"]["customer_id"] == []
    # It stays so when another column is changed.
    later = corrected_profile(before, guests, {("columns", "order_id"): "Ref"})
    assert tomllib.loads(later)["columns"]["customer_id"] == []


def test_a_value_that_is_not_known_gets_a_kind() -> None:
    rows = shop("1,2024-04-03,Ann,Tea,1,7.00,on ice", "2,2024-04-03,Bob,Tea,1,5.00,paid",
                header=f"{HEADER},Order status")  # fmt: skip
    result = check(rows)
    assert [*asked(result)] == ["Order status: on ice (1 row, 7.00)"]
    assert net_sales(result) == "12.00"
    on_ice = "Order_status:_on_ice_(1_row,_7.00)"
    profile = sent(result, **{on_ice: "Cancelled"})
    assert net_sales(check(rows, profile)) == "5.00"
    # A known export is still read by its own profile: only the rule was added.
    assert [*tomllib.loads(profile)] == ["title", "kinds"]
    profile = sent(result, profile, **{on_ice: "Sale"})
    assert [rule["kind"] for rule in tomllib.loads(profile)["kinds"]] == ["sale"]
    again = check(rows, profile)
    assert net_sales(again) == "12.00"
    # The user has decided: nothing is left to ask.
    assert asked(again, profile) == {}
    assert sent(again, profile, **{on_ice: "Automatic"}) == ""


def test_another_header_row_forgets_the_columns_of_the_first() -> None:
    rows = "a,b,c,d,e,f\n" + shop("1,2024-04-03,Ann,Tea,1,5.00")
    answers: Answers = {("columns", "order_id"): "a", ("file", "header_row"): 2}
    profile = corrected_profile(UploadCheck({"shop.csv": [*"abcdef"]}), "", answers)
    assert tomllib.loads(profile)["file"] == {"header_row": 2}
    again = check(rows, profile)
    assert again.header == tuple(HEADER.split(","))
    assert net_sales(again) == "5.00"


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ({("file", "header_row"): 2, ("file", "skip_rows"): 1}, "Enter the row of the header"),
        ({("formats", "source_timezone"): "UTC"}, "choose your shop's time zone"),
        (
            {("columns", "unit_price"): "Each", ("columns", "line_total"): "Sum"},
            "unit price or for the line total, not for both",
        ),
    ],
)
def test_answers_that_contradict_each_other_are_refused(answers: Answers, message: str) -> None:
    with pytest.raises(InputError, match=message):
        corrected_profile(UploadCheck({}), "", answers)


def test_every_option_of_the_form_is_one_that_a_profile_knows() -> None:
    header = HEADER.replace("unit_price", "Line total")
    result = check(shop("1,2024-04-03,guest,Tea,1,5.00,paid,0", header=f"{header},Status,Discount"))
    form = form_of(result, "", "")
    assert [control.label for control in form.asked] == ["Line totals are"]
    groups = (form.asked, *form.groups.values())
    controls = [control for group in groups for control in group]
    options = [
        (control, option.value)
        for control in controls
        for option in control.options[:12]
        if control.kind == "select" and option.value is not None
    ]
    assert len(options) > 100
    for control, value in options:
        extra: Mapping[Any, Any] = {("formats", "timezone"): "Europe/Paris"}
        text = corrected_profile(result, "", {**extra, control.setting: value})
        parse_profile("corrected", text, source="corrected.toml")
    # What a unit price is does not matter here.
    assert "Prices are" not in [control.label for control in controls]


def test_a_line_total_takes_the_place_of_the_unit_price() -> None:
    header = HEADER.replace("unit_price", "Price")
    before = UploadCheck({"shop.csv": header.split(",")})
    assert selected_columns(before, "")["unit_price"] == "Price"
    profile = corrected_profile(before, "", {("columns", "line_total"): "Price"})
    assert net_sales(check(shop("1,2024-04-03,Ann,Tea,2,5.00", header=header), profile)) == "5.00"


def test_the_downloaded_profile_reads_the_file_in_the_same_way(tmp_path: Path) -> None:
    rows = shop("A1,03/04/2024,Ann,Tea,2,5.00,on ice", "A2,05/04/2024,Bob,Tea,1,7.00,paid",
                header="Ref,When,Buyer,What,N,Each,Order status")  # fmt: skip
    named = zip(("order_id", "ordered_at", "customer_id", "product_name", "quantity", "unit_price"),
                ("Ref", "When", "Buyer", "What", "N", "Each"), strict=True)  # fmt: skip
    answers: dict[Any, Any] = {("columns", ours): theirs for ours, theirs in named}
    answers |= {("formats", "dates"): "month-first", ("columns", "status"): None,
                ("kinds", "Order status", "on ice"): "cancelled"}  # fmt: skip
    header = rows.splitlines()[0].split(",")
    profile = corrected_profile(UploadCheck({"shop.csv": header}), "", answers)
    text = download_profile(check(rows, profile), profile)
    assert text.startswith("# How to read shop.csv.")
    assert '# Not used:\n#   "Order status"' in text
    assert "status = []" in text
    (tmp_path / "shop.csv").write_text(rows, "utf-8")
    (tmp_path / "mine.toml").write_text(text, "utf-8")
    report = regulars.check(tmp_path / "shop.csv", profile=str(tmp_path / "mine.toml"))
    assert report.total("accepted", "sale")[1] == 7
    assert report.total("accepted", "cancelled")[1] == 10
    assert report.sources[0].source_formats.dates == "month-first"


def test_settings_for_a_known_export_leave_its_columns_to_its_profile() -> None:
    orders = """Name,Created at,Email,Lineitem sku,Lineitem name,Lineitem quantity,Lineitem price,\
Lineitem discount,Shipping Country,Cancelled at
#1,2024-04-11 12:00:00 +0000,ann@shop.example,T1,Tea,1,10.00,0,UK,
"""
    result = check(orders)
    assert "A copy of the profile shopify-orders" in download_profile(result, "")
    profile = corrected_profile(result, "", {("formats", "timezone"): "Europe/Paris"})
    text = download_profile(check(orders, profile), profile)
    assert "which add to the profile shopify-orders" in text
    assert tomllib.loads(text) == {
        "title": "shop.csv", "formats": {"timezone": "Europe/Paris"},
    }  # fmt: skip


def test_corrections_change_the_profile_of_regulars_toml(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text('[columns]\nquantity = { value = 3 }\n[formats]\ndates = "day-first"\n', "utf-8")
    rows = shop("1,03/04/2024,Ann,Tea,1,5.00", "2,05/04/2024,Bob,Tea,1,5.00")
    settings = Settings(profile=str(own))
    result = check(rows, settings=settings)
    assert net_sales(result) == "30.00"
    profile = corrected_profile(result, "", {("formats", "dates"): "month-first"})
    assert tomllib.loads(profile)["columns"] == {"quantity": {"value": 3}}
    assert tomllib.loads(profile)["formats"] == {"dates": "month-first"}
