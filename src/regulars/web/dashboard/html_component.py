"""Streamlit components that show our HTML, and report what the user clicks in it.

Streamlit serves the components' scripts from this package, so pages run no other scripts.
"""

from functools import cache
from pathlib import Path
from typing import Any

from regulars.insights.html.environment import packaged
from regulars.insights.html.fragments import patterns, search_field, share_button

_ASSETS = Path(__file__).with_name("assets")
_STAGE, _SEARCH, _SHARE = "stage", "search", "share"


def show(html: str, key: str) -> tuple[str, str] | None:
    """Show HTML; return the column and value that the user has just clicked, if any."""
    return _clicked(_component(_STAGE)(key=key, data={"html": html}, on_go_change=lambda: None))


def search(key: str, *, text: str, html: str, label: str) -> tuple[str, str] | None:
    """Show a search field with the matches of a text; return the page and value chosen, if any.

    What the user types is `text` in the session state under the key.
    """
    shown = _component(_SEARCH)(
        key=key, data={"text": text, "html": html, "label": label}, on_go_change=lambda: None,
        on_text_change=lambda: None,
    )  # fmt: skip
    return _clicked(shown)


def share(key: str) -> None:
    """Show a button that copies the address of the page."""
    _component(_SHARE)(key=key)


def _clicked(shown: Any) -> tuple[str, str] | None:
    return (str(shown.go["column"]), str(shown.go["member"])) if shown.go else None


@cache
def _component(name: str) -> Any:
    from streamlit.components.v2 import component

    _register()
    html = {
        _STAGE: f'{patterns()}<div class="stage"></div>',
        _SEARCH: search_field(),
        _SHARE: share_button(),
    }[name]
    css = (packaged("style.css") if name == _STAGE else "") + _asset(f"{name}.css")
    return component(f"regulars.{name}", html=html, css=css, js=f"{name}.js")


@cache
def _register() -> None:
    from streamlit.components.v2.get_bidi_component_manager import get_bidi_component_manager
    from streamlit.components.v2.manifest_scanner import ComponentConfig, ComponentManifest

    components = [ComponentConfig(name, _ASSETS.name) for name in (_STAGE, _SEARCH, _SHARE)]
    manifest = ComponentManifest("regulars", "1", components)
    get_bidi_component_manager().register_from_manifest(manifest, _ASSETS.parent)


def _asset(name: str) -> str:
    return (_ASSETS / name).read_text("utf-8")
