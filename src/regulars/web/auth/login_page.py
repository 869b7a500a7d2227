"""The HTML of the login and logout pages, which need no JavaScript."""

import base64
import hashlib
from html import escape
from string import Template

_STYLE = """
:root { color-scheme: light dark; --ink: #14181f; --muted: #5c6672; --line: #e3e6ea;
  --card: #fff; --background: #f7f8fa; --accent: #1f5fbf; --on-accent: #fff; --error: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ebef; --muted: #98a3b0; --line: #2a323c;
  --card: #191f27; --background: #11151b; --accent: #639cf2; --on-accent: #11151b;
  --error: #ff8a80; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem;
  background: var(--background); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { width: 100%; max-width: 23rem; padding: 2rem; background: var(--card);
  border: 1px solid var(--line); border-radius: 12px; }
h1 { margin: 0 0 .25rem; font-size: 1.375rem; line-height: 1.25; }
p { margin: 0 0 1.25rem; color: var(--muted); }
p.error { color: var(--error); border-left: 3px solid; padding-left: .75rem; }
label { display: block; margin: 0 0 .25rem; font-weight: 600; font-size: .9375rem; }
input { width: 100%; margin: 0 0 1rem; padding: .625rem .75rem; font: inherit; color: inherit;
  background: transparent; border: 1px solid var(--muted); border-radius: 8px; }
button, a.button { display: block; width: 100%; padding: .6875rem; font: inherit;
  font-weight: 600; text-align: center; text-decoration: none; cursor: pointer;
  color: var(--on-accent); background: var(--accent); border: 1px solid var(--accent);
  border-radius: 8px; }
form + a.button { margin-top: .75rem; color: var(--accent); background: transparent; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
"""

_PAGE = Template(
    """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>$style</style>
</head>
<body>
<main>
<h1>$heading</h1>
$body
</main>
</body>
</html>
"""
)

_FORM = Template(
    """<form method="post" action="$base/login">
<input type="hidden" name="token" value="$token">
<input type="hidden" name="next" value="$target">
<label for="name">Name</label>
<input id="name" name="name" value="$name" autocomplete="username" autocapitalize="none"
 spellcheck="false" required$name_focus>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password"
 required$password_focus>
<button type="submit">Log in</button>
</form>
"""
)

_digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_digest}'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
"""The Content-Security-Policy of these pages."""


def login_page(
    *, shop: str, base: str, token: str, target: str, has_form: bool, provider: str = "",
    name: str = "", error: str = "",
) -> str:  # fmt: skip
    """Return the login page: the form, the button of a provider, or both."""
    intro = (
        f'<p class="error" role="alert">{escape(error)}</p>\n' if error
        else "<p>Log in to open the dashboard.</p>\n"
    )  # fmt: skip
    form = _form(base=base, token=token, target=target, name=name) if has_form else ""
    return _page("Log in", shop or "Regulars", intro + form + provider)


def provider_button(label: str, url: str) -> str:
    """Return the button that leads to the provider."""
    return f'<a class="button" href="{escape(url)}">Log in with {escape(label)}</a>\n'


def logout_page(*, base: str, token: str, name: str) -> str:
    """Return the logout page: a form, because a link alone must not log anyone out."""
    body = (
        f"<p>You are logged in as {escape(name)}.</p>\n"
        f'<form method="post" action="{escape(base)}/logout">\n'
        f'<input type="hidden" name="token" value="{escape(token)}">\n'
        '<button type="submit">Log out</button>\n</form>\n'
        f'<a class="button" href="{escape(base)}/">Cancel</a>\n'
    )
    return _page("Log out", "Log out?", body)


def _form(**values: str) -> str:
    name_focus, password_focus = ("", " autofocus") if values["name"] else (" autofocus", "")
    escaped = {name: escape(value) for name, value in values.items()}
    return _FORM.substitute(escaped, name_focus=name_focus, password_focus=password_focus)


def _page(title: str, heading: str, body: str) -> str:
    return _PAGE.substitute(title=escape(title), heading=escape(heading), style=_STYLE, body=body)
