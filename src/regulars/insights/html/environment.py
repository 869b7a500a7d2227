"""The Jinja environment for the templates in this package."""

import re
from importlib.resources import files

import jinja2
from markupsafe import Markup, escape

_SIGNED = re.compile(r"[+\u2212][^\s\d]{0,3}[\d.,]+(?:m|bn|%)?")
"""A signed amount: browsers break a line between "+" and "£"."""


def environment(*, is_live: bool = False) -> jinja2.Environment:
    """Return the environment, which escapes all text.

    is_live  whether bars, rows and figures can be clicked, as on the dashboard
    """
    env = jinja2.Environment(
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        loader=jinja2.FunctionLoader(packaged),
    )
    env.globals["is_live"] = is_live
    env.filters["unbroken"] = _unbroken
    return env


def _unbroken(words: str) -> Markup:
    """Return a sentence as HTML in which no line breaks inside a signed amount."""
    escaped = str(escape(words))
    return Markup(_SIGNED.sub(r'<span style="white-space:nowrap">\g<0></span>', escaped))


def packaged(name: str) -> str:
    """Return the text of a file in this package."""
    return (files(__package__) / name).read_text("utf-8")
