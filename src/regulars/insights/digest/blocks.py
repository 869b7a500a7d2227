"""A digest as a chat message: Slack's blocks, which Mattermost and others also read."""

from typing import Any

from regulars.insights.digest.digest import Digest
from regulars.insights.digest.figures import DigestFigure

_LONGEST, _LONGEST_HEADER = 2_900, 150
"""Slack refuses longer sections (3,000 characters) and headers."""


def as_message(digest: Digest, dashboard: str = "") -> dict[str, Any]:
    """Return the JSON of a message: `text` for notifications, and `blocks`."""
    blocks = [_header(digest.title), _section(f"*{_escaped(digest.heading)}*")]
    blocks += [_section(f":warning: {_escaped(alert.words)}") for alert in digest.alerts]
    if digest.figures:
        blocks.append({"type": "section", "fields": [_field(one) for one in digest.figures]})
    blocks += [_section(f"_{_escaped(note)}_") for note in digest.notes]
    blocks += [
        _section(f"*{_escaped(one.topic)}*\n{_escaped(one.words)}") for one in digest.findings
    ]
    if digest.contacts:
        words = f"*Who to contact*\n{_escaped(digest.contacts.words)}"
        link = digest.contacts.link if dashboard else ""
        blocks.append(_section(f"{words}\n<{dashboard}{link}|Open the list>" if link else words))
    return {"text": _escaped(digest.subject), "blocks": blocks}


def _header(words: str) -> dict[str, Any]:
    return {"type": "header", "text": {"type": "plain_text", "text": words[:_LONGEST_HEADER]}}


def _section(words: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": words[:_LONGEST]}}


def _field(figure: DigestFigure) -> dict[str, str]:
    change = figure.before.change if figure.before else None
    moved = f"\n{change.arrow} {change.words}" if change else ""
    return {"type": "mrkdwn", "text": f"{_escaped(figure.label)}\n*{figure.text}*{moved}"}


def _escaped(words: str) -> str:
    """Return text that a chat shows unchanged: no links, mentions or emphasis of its own."""
    for sign, code in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        words = words.replace(sign, code)
    return words
