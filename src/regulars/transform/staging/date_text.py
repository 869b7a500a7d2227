"""Rewrite dates, as programs and people write them, into the few forms that `dates` parses.

A rule is a regular expression and its replacement. Rules work on shapes, too, where every digit is
a 9, so that Python finds out which rules a column needs before any row is rewritten.
"""

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from ibis.expr.types import StringValue

Rule = tuple[str, str]
Rules = tuple[Rule, ...]

_MONTHS = {
    "Jan": "january|januari|januar|jänner|janvier|janv|enero|ene|gennaio|genn|gen|jan",
    "Feb": "february|februari|februar|février|fevrier|févr|fevr|fév|febrero|febbraio|febr|feb",
    "Mar": "march|märz|maerz|mär|mrz|mars|marzo|maart|mrt|mar",
    "Apr": "april|aprile|avril|avr|abril|abr|apr",
    "May": "may|mai|mayo|maggio|mag|mei",
    "Jun": "june|juni|juin|junio|giugno|giu|jun",
    "Jul": "july|juli|juillet|juil|julio|luglio|lug|jul",
    "Aug": "august|augustus|août|aout|agosto|ago|aug",
    "Sep": "september|septembre|septiembre|settembre|sept|sett|set|sep",
    "Oct": "october|oktober|octobre|octubre|ottobre|ott|okt|oct",
    "Nov": "november|novembre|noviembre|nov",
    "Dec": "december|dezember|décembre|decembre|diciembre|dicembre|dic|dez|déc|dec",
}
"""The names of the months in English, German, French, Spanish, Italian and Dutch."""

MONTH_NAMES = f"(?:{'|'.join(_MONTHS.values())})"
MONTH = f"(?:{'|'.join(_MONTHS)})"
_WEEKDAYS = (
    "mon|mo|montag|tues|tue|di|dienstag|wednes|wed|mi|mittwoch|thurs|thu|do|donnerstag|fri|fr"
    "|freitag|satur|sat|sa|samstag|sonnabend|sun|so|sonntag"
    "|lundi|lun|mardi|mercredi|mer|jeudi|jeu|vendredi|ven|samedi|sam|dimanche|dim"
    "|lunes|martes|miércoles|mié|jueves|jue|viernes|vie|sábado|sáb|domingo|dom"
    "|lunedì|martedì|mercoledì|giovedì|gio|venerdì|sabato|sab|domenica"
    "|maandag|ma|dinsdag|woensdag|wo|donderdag|vrijdag|vr|zaterdag|za|zondag|zo"
)
_LETTER = "a-zà-ÿ"
_AMERICAN = {
    "-0400": "EDT|AST", "-0500": "EST|CDT", "-0600": "CST|MDT", "-0700": "MST|PDT",
    "-0800": "PST|AKDT", "-0900": "AKST", "-1000": "HST",
}  # fmt: skip
_EUROPEAN = {
    "+0000": "WET", "+0100": "BST|WEST|CET|MEZ", "+0200": "CEST|MESZ|EET", "+0300": "EEST|MSK",
}  # fmt: skip
_PACIFIC = {
    "+0800": "AWST|SGT|HKT", "+0900": "JST|KST", "+0930": "ACST", "+1000": "AEST", "+1030": "ACDT",
    "+1100": "AEDT", "+1200": "NZST", "+1300": "NZDT",
}  # fmt: skip


def _zones(zones: dict[str, str]) -> Rules:
    return tuple(
        (rf"(:\d\d(?:\.\d+)?(?: [AP]M)?) ?(?:{names})$", rf"\1 {offset}")
        for offset, names in zones.items()
    )


_OTHER_DIGITS = ("٠۰０", "١۱１", "٢۲２", "٣۳３", "٤۴４", "٥۵５", "٦۶６", "٧۷７", "٨۸８", "٩۹９")
"""Arabic, Persian and full-width digits."""

GROUPS: tuple[Rules, ...] = (
    tuple((f"[{others}]", str(digit)) for digit, others in enumerate(_OTHER_DIGITS)),
    (("[\u00a0\u2007\u2009\u202f\u200e\u200f]+", " "), (" {2,}", " ")),
    ((r"^(?:'|=\")([^\"]*)\"?$", r"\1"), (r" ?\([^()]*\)$", ""), (r"\[[^\]]*\]$", "")),
    (
        (rf"(?i)^(?:(?:{_WEEKDAYS})(?:day)?)[.,]* +", ""),
        # "mar" is a Tuesday only before a day and a month: Mar 5, 2011 is in March.
        (rf"(?i)^mar[.,]* (\d\d?\.? (?:de )?[{_LETTER}]{{3}})", r"\1"),
    ),
    tuple(
        (rf"(?i)(^|[^{_LETTER}])(?:{names})\.?([^{_LETTER}]|$)", rf"\1{month}\2")
        for month, names in _MONTHS.items()
    ),
    ((r"(?i)(\d)(?:st|nd|rd|th|er|\.?º|ª)([ ,])", r"\1\2"), ("(?i) del? ", " ")),
    ((r"(\d{4}) ?年 ?(\d\d?) ?月 ?(\d\d?) ?日", r"\1-\2-\3"),),
    (
        (r"(?i)(\d) ?a\.? ?m\.?( |$)", r"\1 AM\2"),
        (r"(?i)(\d) ?p\.? ?m\.?( |$)", r"\1 PM\2"),
    ),
    (
        (r"(?i),? (?:at|um|à|a las|alle ore|alle|ore|om|kl\.?|-) (\d\d?[:.h])", r" \1"),
        (r"(?i)(\d)h(\d\d)", r"\1:\2"),
        (r"(?i)(:\d\d) ?(?:uhr|hrs?|h)\.?$", r"\1"),
        (r"(\d) (\d\d?)\.(\d\d)\.(\d\d)$", r"\1 \2:\3:\4"),
        (r"(\d) (\d\d?)\.(\d\d)$", r"\1 \2:\3"),
    ),
    ((r"(\d), ?(\d\d?:\d\d)", r"\1 \2"), (r"(\d{4}):(\d\d:\d\d)", r"\1 \2")),
    (
        (r"(:\d\d:\d\d)[,:](\d)", r"\1.\2"),
        (r"(\.\d{6})\d+", r"\1"),
    ),
    (
        (r"^(\d{4})(\d\d)(\d\d)[T ]?(\d\d)(\d\d)(\d\d)([^\d]|$)", r"\1-\2-\3 \4:\5:\6\7"),
        (r"^(\d{4})(\d\d)(\d\d)[T ]?(\d\d)(\d\d)([^\d]|$)", r"\1-\2-\3 \4:\5\6"),
    ),
    (
        (rf"^({MONTH}) (\d\d?) (\d\d?:\d\d:\d\d)( [A-Z]{{3,5}})? (\d{{4}})$", r"\2 \1 \5 \3\4"),
        (rf"^(\d\d?:\d\d:\d\d) ({MONTH}) (\d\d?),? (\d{{4}})", r"\3 \2 \4 \1"),
        (rf"^({MONTH})[ .,/-]*(\d\d?)[ .,/'-]+(\d{{4}}|\d\d)([^\d]|$)", r"\2 \1 \3\4"),
        (rf"^(\d{{4}})[ .,/-]*({MONTH})[ .,/-]*(\d\d?)([^\d]|$)", r"\3 \2 \1\4"),
        (rf"^(\d\d?)[ .,/-]*({MONTH})[ .,/'-]*(\d{{4}}|\d\d)([^\d]|$)", r"\1 \2 \3\4"),
    ),
    _zones(_AMERICAN),
    _zones(_EUROPEAN),
    _zones(_PACIFIC),
)
"""Rules in the order in which they apply. A column that needs one rule of a group gets them all,
because a rare month or winter time may be missing from its most common shapes."""


def needed_rules(shapes: Sequence[str], can_read: Callable[[str], bool]) -> Rules:
    """Return the rules without which some of these shapes cannot be read."""
    unread = [shape for shape in shapes if not can_read(shape)]
    readable = [shape for shape in unread if can_read(apply_rules(shape, sum(GROUPS, ())))]
    needed: Rules = ()
    for group in GROUPS:
        rewritten = [apply_rules(shape, group) for shape in readable]
        if rewritten != readable:
            needed += group
        readable = rewritten
    return needed


def apply_rules(text: str, rules: Rules) -> str:
    """Return a text rewritten by rules."""
    for pattern, replacement in rules:
        text = re.sub(pattern, replacement, text)
    return text


def rewritten(text: "StringValue", rules: Rules) -> "StringValue":
    """Return a column of text rewritten by rules."""
    for pattern, replacement in rules:
        text = cast("StringValue", text.re_replace(pattern, replacement))
    return text
