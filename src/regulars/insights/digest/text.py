"""A digest as plain text of 80 columns, and as data for programs."""

import textwrap
from collections.abc import Sequence
from typing import Any

from regulars.insights.digest.digest import Contacts, Digest
from regulars.insights.digest.figures import DigestFigure, Earlier

_WIDTH = 80
YEAR_NAME = "a year earlier"


def as_text(digest: Digest, dashboard: str = "") -> str:
    """Return a digest as text; `dashboard` is the address of the dashboard, if there is one."""
    blocks = [
        _wrapped(digest.title), _wrapped(f"{digest.heading}."),
        _alerts(digest), _figures(digest), *map(_wrapped, digest.notes),
        *(f"{one.topic}\n{_wrapped(one.words)}" for one in digest.findings),
        _contacts(digest.contacts, dashboard) if digest.contacts else "",
    ]  # fmt: skip
    return "\n\n".join(block for block in blocks if block) + "\n"


def as_data(digest: Digest) -> dict[str, Any]:
    """Return a digest as data: texts as strings, and values as numbers."""
    period, contacts = digest.period, digest.contacts
    return {
        "title": digest.title,
        "heading": digest.heading,
        "period": period and {
            "kind": period.kind, "since": period.span.first, "until": period.span.last,
        },
        "figures": [_figure_data(figure) for figure in digest.figures],
        "findings": [vars(finding) for finding in digest.findings],
        "contacts": contacts and {
            **vars(contacts), "top": [vars(person) for person in contacts.top],
        },
        "alerts": [vars(alert) for alert in digest.alerts],
        "notes": list(digest.notes),
    }  # fmt: skip


def _alerts(digest: Digest) -> str:
    bullets = [
        textwrap.fill(alert.words, _WIDTH, initial_indent="! ", subsequent_indent="  ")
        for alert in digest.alerts
    ]
    return "\n".join(bullets)


def _figures(digest: Digest) -> str:
    if digest.period is None:
        return ""
    names = digest.period.kind, digest.period.before_name, YEAR_NAME
    head = ("", *map(str.capitalize, names))
    rows = [head, *map(_figure, digest.figures)]
    return "\n".join(_aligned(rows, right=1))


def _figure(figure: DigestFigure) -> Sequence[str]:
    return figure.label, figure.text, _earlier(figure.before), _earlier(figure.year)


def _earlier(earlier: Earlier | None) -> str:
    if earlier is None:
        return ""
    return f"{earlier.text}, {earlier.change.words}" if earlier.change else earlier.text


def _aligned(rows: Sequence[Sequence[str]], *, right: int) -> list[str]:
    """Return rows as lines with aligned columns; the column `right` is aligned to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if n == right else cell.ljust(width)
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _contacts(contacts: Contacts, dashboard: str) -> str:
    lines: list[str] = ["Who to contact", _wrapped(contacts.words)]
    if contacts.top:
        lines += ["", *_people(contacts)]
    if contacts.link and dashboard:
        lines += ["", f"Open the list:  {dashboard}{contacts.link}"]
    if contacts.command:
        lines += ["", f"Save them as a list:\n  {contacts.command}"]
    return "\n".join(lines)


def _people(contacts: Contacts) -> Sequence[str]:
    rows = [("Customer", "Last order", "Net sales")]
    rows += [(one.customer_id, one.last_order, one.net_sales) for one in contacts.top]
    return [f"  {line}" for line in _aligned(rows, right=2)]


def _figure_data(figure: DigestFigure) -> dict[str, Any]:
    earlier = {"before": figure.before, "year_before": figure.year}
    return {
        "name": figure.name, "label": figure.label, "value": figure.value,
        **{
            name: one and {"value": one.value, "change": one.change and one.change.words}
            for name, one in earlier.items()
        },
    }  # fmt: skip


def _wrapped(words: str) -> str:
    return textwrap.fill(words, _WIDTH)
