"""The Jinja environment for the templates in this package."""

from importlib.resources import files

import jinja2


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
    return env


def packaged(name: str) -> str:
    """Return the text of a file in this package."""
    return (files(__package__) / name).read_text("utf-8")
