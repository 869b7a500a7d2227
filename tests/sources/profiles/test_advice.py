"""A message is split into what it reports and the profile lines that it proposes."""

import pytest

from regulars.core.errors import SourceError
from regulars.sources.profiles.advice import Proposal, split_advice
from regulars.transform.staging.control_sums import check_is_of_the_line
from regulars.transform.staging.currencies import check_one_currency
from regulars.transform.staging.filled_down import orderless_warning


def test_the_sentence_stays_and_the_profile_lines_become_proposals() -> None:
    advice = split_advice(
        'shop.csv: column "Date" can be read day first or month first, such as "5. Jan". '
        'Set it in your profile:\n  [formats]\n  dates = "day-first"   # or "month-first"'
    )
    assert advice.text == (
        'shop.csv: column "Date" can be read day first or month first, such as "5. Jan".'
    )
    assert advice.proposals == (Proposal("formats", "dates", "day-first"),)


def test_commented_lines_are_choices() -> None:
    advice = split_advice(
        "shop.csv has no column for the order.\nWrite a profile and pass it with --profile:\n"
        "  [columns]\n  # One of these is the order: remove the # before it.\n"
        '  # order_id = "Ref"\n  # order_id = { columns = ["Day", "Till"] }'
    )
    assert advice.text == "shop.csv has no column for the order."
    assert advice.proposals == (
        Proposal("columns", "order_id", "Ref", is_choice=True),
        Proposal("columns", "order_id", {"columns": ["Day", "Till"]}, is_choice=True),
    )


def test_lists_without_a_section_are_part_of_the_message() -> None:
    sums = [
        {"currency": "EUR", "rows": 2, "amount": 100},
        {"currency": "USD", "rows": 1, "amount": 5},
    ]
    with pytest.raises(SourceError) as refused:
        check_one_currency("shop.csv", sums)
    advice = split_advice(str(refused.value))
    assert advice.text.splitlines()[1:] == [
        "  EUR 100.00 (2 rows)",
        "  USD 5.00 (1 row)",
        "Count only one of them, or convert the others into it.",
    ]
    assert [(one.section, one.key) for one in advice.proposals] == [
        ("formats", "currency"), ("currencies", "base"), ("currencies", "USD"),
    ]  # fmt: skip


def test_a_message_can_propose_lines_twice() -> None:
    with pytest.raises(SourceError) as refused:
        check_is_of_the_line("shop.csv", "Total", {"orders": 3, "same": 3})
    advice = split_advice(str(refused.value))
    assert advice.text.startswith('shop.csv: "Total" is the same on all lines of 3 orders')
    assert len(advice.text.splitlines()) == 1
    assert "profile" not in advice.text
    assert [one.key for one in advice.proposals] == ["line_total", "unit_price"]


def test_a_message_without_profile_lines_stays_as_it_is() -> None:
    text = "shop.csv, line 7, is not valid JSON: an unclosed list. Export the file again."
    assert split_advice(text).text == text


def test_orders_on_the_first_line_only_are_proposed_as_a_setting() -> None:
    [warning] = orderless_warning("shop.csv", 40, 100, per_store=True)
    [proposal] = split_advice(warning).proposals
    assert (proposal.section, proposal.key) == ("orders", "fill")
    assert proposal.value == ["order_id", "ordered_at", "customer_id", "store"]
