"""Charts as part of a page: the SVG is parsed and written again.

It is then well formed whatever its text says, its ids are unique on the page, and screen readers
get one label for it.
"""

from urllib.parse import unquote
from xml.etree import ElementTree

from regulars.insights.charts.marks import is_mark, to_text

_SVG = "http://www.w3.org/2000/svg"
_HREF = "{http://www.w3.org/1999/xlink}href"


def for_page(svg: str, name: str, alt: str, column: str) -> str:
    """Return the SVG with unique ids and one label for the whole.

    Bars with a member become buttons, each with a label of its own.
    """
    ElementTree.register_namespace("", _SVG)
    root = ElementTree.fromstring(svg)
    for element in root.iter():
        _tidy(element, name, is_root=element is root)
        if element.tag == f"{{{_SVG}}}a":
            _make_button(element, column)
    # An image hides its parts from screen readers, a group does not.
    has_parts = any(element.get("role") for element in root.iter() if element is not root)
    role = "group" if has_parts else "img"
    root.attrib |= {"role": role, "aria-label": alt, "class": "marks"}
    return ElementTree.tostring(root, encoding="unicode")


def _make_button(link: ElementTree.Element, column: str) -> None:
    """Turn the link around a bar into its tooltip and, if it has a member, a button to filter.

    The link around a badge becomes an image with its text.
    """
    _, _, encoded = link.attrib.pop(_HREF, "").partition("#")
    link.tag = f"{{{_SVG}}}g"
    if is_mark(encoded):
        to_text(link, encoded)
        return
    member, _, words = encoded.partition("/")
    ElementTree.SubElement(link, f"{{{_SVG}}}title").text = unquote(words)
    if member and column:
        link.attrib |= {
            "data-go": column, "data-member": unquote(member), "role": "button", "tabindex": "-1",
            "aria-label": unquote(words),
        }  # fmt: skip


def _tidy(element: ElementTree.Element, name: str, *, is_root: bool) -> None:
    for key, value in list(element.attrib.items()):
        if key == "id":
            element.set(key, f"{name}-{value}")
        elif key == "clip-path":
            element.set(key, value.replace("url(#", f"url(#{name}-"))
        elif key == "font-family" or (not is_root and (key in ("role", "class") or "aria" in key)):
            del element.attrib[key]
