"""Separate what a message reports from the profile lines that it proposes.

A message that a profile can settle ends with lines of one, indented by two blanks, below a sentence
that asks for them. A commented line is one of several choices:

    shop.csv: column "Date" can be read day first or month first. Set it in your profile:
      [formats]
      dates = "day-first"   # or "month-first"

A reader who fills in a form instead needs only the first sentence, and the settings in question.
"""

import re
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

_SECTION = re.compile(r"  \[\[?(\w+)\]\]?")
_LINE = re.compile(r'  (# )?([\w-]+|"(?:[^"\\]|\\.)*") = .*')
_SENTENCES = re.compile(r"(?<=[.?!…])\s+(?=[A-Z])")


@dataclass(frozen=True)
class Proposal:
    """A setting that a message proposes; `is_choice` if it is commented, as one of several."""

    section: str
    key: str
    value: Any
    is_choice: bool = False


@dataclass(frozen=True)
class Advice:
    """A message without the profile lines that it proposes, and those lines."""

    text: str = ""
    proposals: tuple[Proposal, ...] = ()


def split_advice(message: str) -> Advice:
    """Return a message without its profile lines and the sentences that ask for them."""
    text: list[str] = []
    proposals: list[Proposal] = []
    section = ""
    for line in message.splitlines():
        if opened := _SECTION.fullmatch(line):
            if not section and text:
                text[-1:] = _without_last_sentence(text[-1])
            section = opened[1]
        elif section and line.startswith("  "):
            proposals += _proposed(section, line)
        else:
            section = ""
            text.append(line)
    return Advice("\n".join(text), tuple(proposals))


def _without_last_sentence(line: str) -> list[str]:
    *others, last = _SENTENCES.split(line)
    kept = others if last.endswith(":") else [*others, last]
    return [" ".join(kept)] if kept else []


def _proposed(section: str, line: str) -> Iterator[Proposal]:
    if found := _LINE.fullmatch(line):
        with suppress(tomllib.TOMLDecodeError):
            [(key, value)] = tomllib.loads(line.strip().removeprefix("# ")).items()
            yield Proposal(section, key, value, is_choice=bool(found[1]))
