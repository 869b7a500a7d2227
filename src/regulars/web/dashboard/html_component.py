"""A Streamlit component that shows our HTML and reports clicks on its figures, bars and names.

Streamlit serves the component's script from this package, so pages run no other scripts.
"""

from functools import cache
from pathlib import Path
from typing import Any

from regulars.insights.html.environment import packaged
from regulars.insights.html.fragments import patterns

NAME = "regulars.stage"


def show(html: str, key: str) -> tuple[str, str] | None:
    """Show HTML; return the column and value that the user has just clicked, if any."""
    if clicked := _component()(key=key, data={"html": html}, on_go_change=lambda: None).go:
        return str(clicked["column"]), str(clicked["member"])
    return None


@cache
def _component() -> Any:
    from streamlit.components.v2 import component
    from streamlit.components.v2.get_bidi_component_manager import get_bidi_component_manager
    from streamlit.components.v2.manifest_scanner import ComponentConfig, ComponentManifest

    folder = Path(__file__).parent
    manifest = ComponentManifest("regulars", "1", [ComponentConfig("stage", "assets")])
    get_bidi_component_manager().register_from_manifest(manifest, folder)
    css = packaged("style.css") + (folder / "assets" / "stage.css").read_text("utf-8")
    return component(NAME, html=f'{patterns()}<div class="stage"></div>', css=css, js="stage.js")
