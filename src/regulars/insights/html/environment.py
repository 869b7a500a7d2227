"""The Jinja environment for the templates, and the files beside them."""

from importlib.resources import files

import jinja2
from markupsafe import Markup


def environment(*, is_live: bool = False) -> jinja2.Environment:
    """Return what templates are made with; all text in them is escaped.

    is_live  whether bars, rows and places say what they stand for, to be gone on from
    """
    made = jinja2.Environment(
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        loader=jinja2.FunctionLoader(packaged),
    )
    made.filters["drawn"] = Markup  # of SVG that charts.py has parsed and written itself
    made.globals["is_live"] = is_live
    return made


def packaged(name: str) -> str:
    """Return the text of a file beside this one."""
    return (files(__package__) / name).read_text("utf-8")
