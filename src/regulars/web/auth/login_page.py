"""The pages before the dashboard: to log in, to log out. They need no script."""

import base64
import hashlib
from html import escape
from string import Template

_STYLE = """
:root { color-scheme: light dark; --ink: #14181f; --soft: #5c6672; --line: #e3e6ea;
  --paper: #fff; --behind: #f7f8fa; --accent: #1f5fbf; --on-accent: #fff; --wrong: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ebef; --soft: #98a3b0; --line: #2a323c;
  --paper: #191f27; --behind: #11151b; --accent: #639cf2; --on-accent: #11151b;
  --wrong: #ff8a80; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem;
  background: var(--behind); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { width: 100%; max-width: 23rem; padding: 2rem; background: var(--paper);
  border: 1px solid var(--line); border-radius: 12px; }
h1 { margin: 0 0 .25rem; font-size: 1.375rem; line-height: 1.25; }
p { margin: 0 0 1.25rem; color: var(--soft); }
p.wrong { color: var(--wrong); border-left: 3px solid; padding-left: .75rem; }
label { display: block; margin: 0 0 .25rem; font-weight: 600; font-size: .9375rem; }
input { width: 100%; margin: 0 0 1rem; padding: .625rem .75rem; font: inherit; color: inherit;
  background: transparent; border: 1px solid var(--soft); border-radius: 8px; }
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
<input type="hidden" name="next" value="$after">
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
"""What the browser may do for these pages: nothing but show them."""


def login_page(
    *, shop: str, base: str, token: str, after: str, has_form: bool, provider: str = "",
    name: str = "", wrong: str = "",
) -> str:  # fmt: skip
    """Return the page to log in on: the form, the button of a provider, or both."""
    told = _told(wrong) if wrong else "<p>Log in to see how the shop is doing.</p>\n"
    form = _form(base=base, token=token, after=after, name=name) if has_form else ""
    return _page("Log in", shop or "Regulars", told + form + provider)


def provider_button(label: str, target: str) -> str:
    """Return the button that leads to a provider."""
    return f'<a class="button" href="{escape(target)}">Sign in with {escape(label)}</a>\n'


def logout_page(*, base: str, token: str, name: str) -> str:
    """Return the page that asks whether to log out: a link alone must not."""
    body = (
        f"<p>You are logged in as {escape(name)}.</p>\n"
        f'<form method="post" action="{escape(base)}/logout">\n'
        f'<input type="hidden" name="token" value="{escape(token)}">\n'
        '<button type="submit">Log out</button>\n</form>\n'
        f'<a class="button" href="{escape(base)}/">Stay</a>\n'
    )
    return _page("Log out", "Log out?", body)


def _form(**told: str) -> str:
    first, second = ("", " autofocus") if told["name"] else (" autofocus", "")
    safe = {name: escape(value) for name, value in told.items()}
    return _FORM.substitute(safe, name_focus=first, password_focus=second)


def _told(wrong: str) -> str:
    return f'<p class="wrong" role="alert">{escape(wrong)}</p>\n'


def _page(title: str, heading: str, body: str) -> str:
    return _PAGE.substitute(title=escape(title), heading=escape(heading), style=_STYLE, body=body)
