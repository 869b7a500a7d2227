"""A digest as the HTML of an email: tables and inline styles, which all email programs show.

Nothing is loaded from elsewhere, so an email does not report its readers.
"""

from typing import Any

from regulars.insights.digest.digest import Digest
from regulars.insights.digest.text import YEAR_NAME
from regulars.insights.html.environment import environment


def as_html(digest: Digest, dashboard: str = "", footer: str = "") -> str:
    """Return the HTML document of an email.

    dashboard  the address of the dashboard, ending in a slash; empty if there is none
    footer     why the reader gets it
    """
    return _rendered("digest.html.j2", digest, dashboard, footer, tag="h1")


def as_fragment(digest: Digest, dashboard: str = "", footer: str = "") -> str:
    """Return the same email without its document, to show inside a page."""
    return _rendered("digest_body.html.j2", digest, dashboard, footer, tag="h3")


def _rendered(template: str, digest: Digest, dashboard: str, footer: str, *, tag: str) -> str:
    """Return a template with a digest; `tag` is the element of its heading."""
    values: dict[str, Any] = {
        "digest": digest, "dashboard": dashboard, "footer": footer, "year_name": YEAR_NAME,
        "tag": tag,
    }  # fmt: skip
    return environment().get_template(template).render(values)
