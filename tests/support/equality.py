"""What every engine is asked, and when two answers are the same."""

import math
from decimal import Decimal

from regulars.analyses.catalog import ANALYSES


def analysis_calls():
    """Every analysis, under each choice of each of its options."""
    return [(name, asked) for name in ANALYSES for asked in option_choices(ANALYSES[name].options)]


def option_choices(options):
    """No option, and each choice of each that is not what no option means."""
    others = (
        {name: one} for name, card in options.items() for one in card.choices if one != card.default
    )
    return [{}, *others]


def same_value(one, other):
    """Money and counts are equal to the last digit, ratios to nine."""
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)
    if isinstance(one, Decimal) != isinstance(other, Decimal):
        return False
    return one == other


def assert_same_rows(found, expected):
    """Answers have the same rows in the same order."""
    assert len(found) == len(expected)
    for ours, theirs in zip(found, expected, strict=True):
        assert ours.keys() == theirs.keys()
        assert all(same_value(ours[column], theirs[column]) for column in ours), (ours, theirs)
