"""The emails and phone numbers of customers, written so that equal ones are equal texts.

Two spellings of one address or number become one. Whatever may be two different addresses or
numbers stays two: a link that is missing costs a customer counted twice, a wrong one mixes the
orders of two people. Python reads each different text once, and only its pseudonym is stored.
"""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import ibis

from regulars.core.cached import cached_expression
from regulars.core.schema import LEDGER_COLUMNS
from regulars.sources.profiles.people import EMAIL, PHONE, Nobody
from regulars.transform.staging.identifiers import customer_as_stored
from regulars.transform.staging.nobody import is_nobody_word, is_placeholder_email
from regulars.transform.staging.people import (
    MARK,
    PERSON,
    function_of_text,
    not_forgotten,
    pseudonym,
)

if TYPE_CHECKING:
    from ibis.expr.types import Table

EMAIL_CONTACT, PHONE_CONTACT = "regulars_email_contact", "regulars_phone_contact"
"""The functions that return the pseudonym of an email or phone; `PeoplePolicy` registers them."""

_email_contact = function_of_text(EMAIL_CONTACT)
_phone_contact = function_of_text(PHONE_CONTACT)

_ONE_EMAIL = re.compile(r"[^@\s,;:<>()\[\]\"]+@[^@\s,;:<>()\[\]\"]+\.[^@\s,;:<>()\[\]\"]+")
_ONE_PHONE = re.compile(r"\(?\+?[-0-9 ()./\u2010-\u2015\u2212]+")
_COUNTRY_CODE = re.compile(r"\(?(\+|00)")
_TRUNK = "(0)"
"""The zero that is only dialled within the country: +44 (0)20 7946 0958."""

FEWEST_DIGITS, MOST_DIGITS = 7, 15
"""How long a phone number is; E.164 allows 15 digits."""

_MADE_UP = re.compile(r"((\d)\2{5}|1234567(8(90?)?)?|9876543(2(10?)?)?)$")
"""How numbers end that people type where one is required."""

BEFORE_LOCATION = "\n"
"""Separates a phone number from the location of its customer."""


def email_as_stored(text: str) -> str | None:
    """Return an email address in its one spelling; None if it is not one, or nobody's."""
    email = customer_as_stored(text)
    if not _ONE_EMAIL.fullmatch(email) or is_placeholder_email(email):
        return None
    return email


def phone_as_stored(text: str, location: str = "") -> str | None:
    """Return a phone number in its one spelling; None if it is not one number, or made up.

    The same national number belongs to other people in other countries, so without a country code
    the location belongs to it: +442079460958, but "02079460958 in France".
    """
    phone = customer_as_stored(text).lower().removeprefix("tel:").lstrip(" '")
    is_global = _COUNTRY_CODE.match(phone)
    if is_global:
        phone = phone.replace(_TRUNK, "")
    digits = re.sub("[^0-9]", "", phone)
    number = digits.removeprefix("00") if is_global else digits
    is_one = _ONE_PHONE.fullmatch(phone) and FEWEST_DIGITS <= len(number) <= MOST_DIGITS
    if not is_one or _MADE_UP.search(number):
        return None
    return f"+{number}" if is_global else f"{number} in {location}"


def email_text(text: str, nobody: Nobody = Nobody()) -> str | None:  # noqa: B008
    """Return the text whose pseudonym is stored for an email; None if it is nobody's."""
    email = email_as_stored(text)
    return f"{EMAIL} {email}" if email and not is_nobody_word(email, nobody) else None


def phone_text(text: str, nobody: Nobody) -> str | None:
    """Return the text whose pseudonym is stored for a phone number and a location."""
    phone, _, location = text.partition(BEFORE_LOCATION)
    stored = None if is_nobody_word(phone.strip(), nobody) else phone_as_stored(phone, location)
    return f"{PHONE} {stored}" if stored else None


@cached_expression
def contacts_in(lines: "Table", kinds: Sequence[str], *, by_pseudonym: bool) -> "Table":
    """Return the contacts of the customers of staged lines, as a warehouse stores them.

    There is one row for each email and phone (of `kinds`) of each customer. Customers have the id
    that the warehouse stores. Forgotten customers are left out.
    """
    tables = []
    if EMAIL in kinds:
        ids = lines.select("source_id", "customer_id", text="customer_id")
        tables.append(_contacts(ids, EMAIL, is_the_id=True))
    if EMAIL in kinds and PERSON + EMAIL in lines.columns:
        emails = lines.select("source_id", "customer_id", text=PERSON + EMAIL)
        tables.append(_contacts(emails, EMAIL))
    if PHONE in kinds and PERSON + PHONE in lines.columns:
        where = ibis.literal(BEFORE_LOCATION) + ibis.coalesce(lines.location, "")
        phones = lines.select("source_id", "customer_id", text=lines[PERSON + PHONE] + where)
        tables.append(_contacts(phones, PHONE))
    contacts = cast("Table", ibis.union(*tables))
    known = contacts.mutate(pseudonym=not_forgotten(pseudonym(contacts.customer_id)))
    is_renamed = known.customer_id.startswith(MARK) | ibis.literal(by_pseudonym)
    stored = known.mutate(customer_id=ibis.ifelse(is_renamed, known.pseudonym, known.customer_id))
    named = stored.filter(stored.pseudonym.notnull(), stored.contact.notnull())
    return named.select(*LEDGER_COLUMNS["customer_contacts"]).distinct()


def _contacts(rows: "Table", kind: str, *, is_the_id: bool = False) -> "Table":
    texts = rows.filter(rows.customer_id.notnull(), rows.text.notnull()).distinct()
    contact = _email_contact if kind == EMAIL else _phone_contact
    return texts.select(
        "source_id",
        "customer_id",
        kind=ibis.literal(kind),
        contact=contact(texts.text),
        is_the_id=ibis.literal(is_the_id),
    )
