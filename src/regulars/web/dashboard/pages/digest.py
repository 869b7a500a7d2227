"""The Digest page: who gets the digest, when it is due, its alerts, and how it looks."""

import logging
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

import streamlit as st

from regulars.core import formatting
from regulars.core.errors import InputError, RegularsError
from regulars.insights.digest.alerts import Thresholds
from regulars.insights.digest.digest import Digest, make_digest
from regulars.insights.digest.html import as_fragment
from regulars.insights.digest.period import PeriodKind
from regulars.insights.scope import Scope
from regulars.insights.view import EVERYTHING
from regulars.web.context import app_context
from regulars.web.dashboard.markdown import plain, show_error
from regulars.web.dashboard.page import Page
from regulars.web.dashboard.pages.digest_form import show_settings
from regulars.web.digest.mail import MailServer
from regulars.web.digest.send import footer_for, for_role, send_test
from regulars.web.digest.sent import SentLog
from regulars.web.digest.settings import (
    WEBHOOK,
    DigestFile,
    DigestSettings,
    Recipient,
    make_recipient,
)
from regulars.web.roles import Role

_SAVED = "regulars_mail_saved"
_PAPER = (
    "max-width:600px;margin:0 auto;background:#ffffff;border:1px solid #d9dee4;border-radius:8px"
)
_ROLES = list(Role)
_log = logging.getLogger(__name__)


def show_digest(page: Page) -> None:
    """Show the recipients, the settings and a preview of the digest."""
    file = DigestFile(Path(app_context().digest_file))
    try:
        settings = file.load()
    except RegularsError as error:
        show_error(error)
        return
    st.html("<h2 class='part'>Digest</h2>")
    _show_status(settings)
    if message := st.session_state.pop(_SAVED, ""):
        st.success(plain(message))
    _show_recipients(page, file, settings)
    if changed := show_settings(settings):
        _save(page, file, changed, "Settings saved.")
    _show_preview(page, settings)


def _show_status(settings: DigestSettings) -> None:
    """Show when the digest is sent and through which server, or what is missing."""
    try:
        server = MailServer.from_environment()
    except RegularsError as error:
        st.warning(plain(str(error)))
    else:
        st.caption(plain(f"Email is sent through {server.host}:{server.port}."))
    st.caption(
        f"Due: {settings.schedule}, for the last whole {settings.period}. To send it "
        "automatically, run `regulars digest --schedule` on this machine and install what it "
        "prints."
    )


def _show_recipients(page: Page, file: DigestFile, settings: DigestSettings) -> None:
    with st.form("add_recipient", clear_on_submit=True, border=False):
        places = st.columns([3, 1.4, 1], vertical_alignment="bottom")
        to = places[0].text_input(
            "Email address", placeholder="ann@example.com", key="mail_to",
            help=f"For Slack or another chat, enter {WEBHOOK}: the environment variable that "
            "contains the address of the webhook.",
        )  # fmt: skip
        role = places[1].selectbox(
            "Role", _ROLES, format_func=lambda one: one.value.capitalize(), key="mail_role",
            help="What the digest may contain. Viewers get no customer IDs.", filter_mode=None,
        )  # fmt: skip
        if places[2].form_submit_button("Add recipient", type="primary"):
            _add(page, file, settings, to, role)
    log = SentLog.load(file.sent_file)
    for recipient in settings.recipients:
        places = st.columns([3, 1.4, 1], vertical_alignment="center")
        places[0].markdown(f"{plain(recipient.to)}  \n:small[{_last_sent(log, recipient)}]")
        places[1].markdown(recipient.role.value.capitalize())
        if places[2].button("Remove", key=f"remove {recipient.to}"):
            others = tuple(one for one in settings.recipients if one != recipient)
            _save(page, file, replace(settings, recipients=others), f"Removed {recipient.to}.")


def _add(page: Page, file: DigestFile, settings: DigestSettings, to: str, role: Role) -> None:
    """Add a recipient, or change the role of one."""
    try:
        added = make_recipient(to, role)
    except RegularsError as error:
        show_error(error)
        return
    others = [one for one in settings.recipients if one.to.casefold() != added.to.casefold()]
    changed = replace(settings, recipients=(*others, added))
    _save(page, file, changed, f"{added.to} gets the digest as {role.value}.")


def _save(page: Page, file: DigestFile, settings: DigestSettings, message: str) -> None:
    """Save the settings, and draw the page again with a message."""
    try:
        file.save(settings)
    except RegularsError as error:
        show_error(error)
        return
    _log.info("%s changed the digest: %s", page.user.name, message)
    st.session_state[_SAVED] = message
    st.rerun()


def _last_sent(log: SentLog, recipient: Recipient) -> str:
    """Return when a recipient was last sent the digest."""
    times = log.sent.get(recipient.to.casefold(), {}).values()
    if not times:
        return "Not sent yet"
    return f"Last sent {formatting.moment(datetime.fromisoformat(max(times)))}"


@dataclass(frozen=True)
class DigestOf:
    """The digest, as a section of a page."""

    kind: PeriodKind
    today: date
    limits: Thresholds
    shop: str

    def __call__(self, scope: Scope) -> Digest:
        """Return the digest. Raises InputError if there is no whole week or month yet."""
        return make_digest(scope.warehouse, self.kind, self.today, self.limits, self.shop)


def _show_preview(page: Page, settings: DigestSettings) -> None:
    """Show the digest as a role gets it, and send it as a test."""
    st.html("<h2 class='part'>Preview</h2>")
    shop = page.results.summary(page.version).facts.get("shop", "")
    digest_of = DigestOf(settings.period, date.today(), settings.thresholds, shop)
    try:
        with st.spinner("Writing the digest…", show_time=True):
            digest = page.results.get(page.version, EVERYTHING, digest_of)
    except InputError as error:
        st.info(plain(str(error)))
        return
    places = st.columns([1.4, 3, 1], vertical_alignment="bottom")
    role = places[0].selectbox(
        "As seen by", _ROLES, format_func=lambda one: one.value.capitalize(), key="mail_preview",
        filter_mode=None,
    )  # fmt: skip
    first = settings.recipients[0].to if settings.recipients else ""
    to = places[1].text_input("Send a test to", first, key=f"mail_test_to_{first}")
    if places[2].button("Send a test"):
        _send_test(page, digest, settings, to, role)
    st.caption(plain(f"Subject: {digest.subject}"))
    mail = as_fragment(for_role(digest, role), settings.dashboard, footer_for(role))
    st.html(f'<div style="{_PAPER}">{mail}</div>')


def _send_test(page: Page, digest: Digest, settings: DigestSettings, to: str, role: Role) -> None:
    try:
        recipient = make_recipient(to, role)
        with st.spinner("Sending…", show_time=True):
            send_test(digest, settings, recipient)
    except RegularsError as error:
        show_error(error)
        return
    _log.info("%s sent a test of the digest to %s", page.user.name, recipient.to)
    st.success(plain(f"Test sent to {recipient.to}, as {role.value}."))
