"""Spellings of one email or phone number are one; numbers that may be two people's stay two."""

import pytest

from regulars.sources.profiles.people import Nobody
from regulars.transform.staging.contacts import (
    email_as_stored,
    email_text,
    phone_as_stored,
    phone_text,
)

EMAILS = {
    "ann@x.example": "ann@x.example",
    " Ann@X.Example ": "ann@x.example",
    "mailto:ann@x.example": "ann@x.example",
    "ann\u200b@x.example": "ann@x.example",
    "a.nn+shop@x.example": "a.nn+shop@x.example",
    "ann@x.example; bob@x.example": None,
    "Ann <ann@x.example>": None,
    "ann@localhost": None,
    "no-email@x.example": None,
    "ann": None,
    "": None,
}
"""Emails as written and as stored; dots and +tags can be two people's, so they stay."""

PHONES = {
    "+44 20 7946 0958": "+442079460958",
    "0044 20 7946 0958": "+442079460958",
    "(+44) 20-7946.0958": "+442079460958",
    "+44 (0)20 7946 0958": "+442079460958",
    "tel:+442079460958": "+442079460958",
    "+44\u00a020\u00a07946\u00a00958": "+442079460958",
    "020 7946 0958": "02079460958 in UK",
    "(020) 7946-0958": "02079460958 in UK",
    "'02079460958": "02079460958 in UK",
    '="02079460958"': "02079460958 in UK",
    "442079460958": "442079460958 in UK",
    "020 7946 0958 ext. 12": None,
    "4.42079E+11": None,
    "7946": None,
    "0000000": None,
    "+440000000000": None,
    "01234567": None,
    "123456789": None,
    "020 7946 0958 / 020 7946 0959": None,
    "n/a": None,
}
"""Phone numbers of customers in the UK, as written and as stored."""


@pytest.mark.parametrize("email", EMAILS)
def test_an_email_has_one_spelling(email: str) -> None:
    assert email_as_stored(email) == EMAILS[email]


@pytest.mark.parametrize("phone", PHONES)
def test_a_phone_number_has_one_spelling(phone: str) -> None:
    assert phone_as_stored(phone, "UK") == PHONES[phone]


@pytest.mark.parametrize("word", ["ann@x.example", " ANN@x.example"])
def test_what_a_profile_calls_nobody_links_nobody(word: str) -> None:
    nobody = Nobody(words=(word, "02079460958"))
    assert email_text("Ann@x.example", nobody) is None
    assert email_text("bob@x.example", nobody) == "email bob@x.example"
    assert phone_text("020 7946 0958\nUK", nobody) is None
    assert phone_text("020 7946 0959\nUK", nobody) == "phone 02079460959 in UK"
