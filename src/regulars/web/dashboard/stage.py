"""A piece of a page: HTML of ours in its place, and what was chosen in it.

Streamlit serves the script that does so from here, so that a page runs nothing but files of ours.
"""

from functools import cache
from pathlib import Path
from typing import Any

from regulars.insights.html.environment import packaged
from regulars.insights.html.fragments import patterns

NAME = "regulars.stage"


def show(html: str, key: str) -> tuple[str, str] | None:
    """Put HTML on the page; return the column and the value that were chosen in it, if any were."""
    if chosen := _component()(key=key, data={"html": html}, on_go_change=lambda: None).go:
        return str(chosen["column"]), str(chosen["member"])
    return None


@cache
def _component() -> Any:
    from streamlit.components.v2 import component
    from streamlit.components.v2.get_bidi_component_manager import get_bidi_component_manager
    from streamlit.components.v2.manifest_scanner import ComponentConfig, ComponentManifest

    ours = ComponentManifest("regulars", "1", [ComponentConfig("stage", "assets")])
    get_bidi_component_manager().register_from_manifest(ours, Path(__file__).parent)
    css = packaged("style.css") + (Path(__file__).parent / "assets" / "stage.css").read_text(
        "utf-8"
    )
    return component(NAME, html=f'{patterns()}<div class="stage"></div>', css=css, js="stage.js")
