"""The Streamlit theme: light and dark, with the colours of the report and one accent."""

from collections.abc import Mapping

_LIGHT = {
    "primaryColor": "#1f5fbf", "backgroundColor": "#ffffff",
    "secondaryBackgroundColor": "#f5f7f9", "textColor": "#14181f", "borderColor": "#d9dee4",
    "orangeColor": "#d9822b", "greenTextColor": "#0b6e4f", "redTextColor": "#b3261e",
    "linkColor": "#1f5fbf",
}  # fmt: skip
_DARK = {
    "primaryColor": "#3570cc", "backgroundColor": "#11151b",
    "secondaryBackgroundColor": "#191f27", "textColor": "#e8ebef", "borderColor": "#323b46",
    "orangeColor": "#e8a24f", "greenTextColor": "#5cc9a0", "redTextColor": "#ff8a80",
    "linkColor": "#639cf2",
}  # fmt: skip
_BOTH = {"baseRadius": "6px", "baseFontSize": 15, "showWidgetBorder": True}

THEME: Mapping[str, object] = {
    **{f"theme.{name}": value for name, value in _BOTH.items()},
    **{f"theme.light.{name}": value for name, value in _LIGHT.items()},
    **{f"theme.dark.{name}": value for name, value in _DARK.items()},
}
"""Streamlit options."""
