"""The search field above every page: products by name or code, and customers by role."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from regulars.core.errors import RegularsError
from regulars.insights import search
from regulars.insights.html import fragments
from regulars.insights.parts import Match
from regulars.insights.search import LONGEST_TEXT, MOST_CUSTOMERS, MOST_PRODUCTS
from regulars.insights.view import EVERYTHING
from regulars.web.auth.current_user import CurrentUser
from regulars.web.dashboard import html_component
from regulars.web.dashboard.navigation import open_next
from regulars.web.result_cache import ResultCache
from regulars.web.roles import Role

_KEY = "regulars_search"


@st.fragment
def search_field(results: ResultCache, version: str, user: CurrentUser) -> None:
    """Show the field and what it finds; a click on a match opens its page."""
    state: Any = st.session_state.get(_KEY) or {}
    text = str(state.get("text") or "")[:LONGEST_TEXT]
    try:
        matches = find_matches(results, version, user.role, text) if text.strip() else []
    except RegularsError:  # the page shows the error
        matches = []
    may_see = user.role.may_see_customers
    outcome = search.outcome(matches, with_customers=may_see) if text.strip() else ""
    chosen = html_component.search(
        _KEY, text=text, html=fragments.matches(matches, outcome),
        label="Search products and customers" if may_see else "Search products",
    )  # fmt: skip
    if chosen:
        open_next(*chosen)


def find_matches(results: ResultCache, version: str, role: Role, text: str) -> Sequence[Match]:
    """Return the products and, for roles that may see them, the customers that a text matches."""
    products = results.get(version, EVERYTHING, search.products)
    found = search.find(products, text, MOST_PRODUCTS)
    if not role.may_see_customers:
        return found
    numbers = search.CustomerNumbers(text.strip())
    customers = {one.member: one for one in results.get_once(version, EVERYTHING, numbers)}
    if role.may_see_contacts:
        for one in _named(results, version, text):
            customers.setdefault(one.member, one)
    return [*found, *[*customers.values()][:MOST_CUSTOMERS]]


def _named(results: ResultCache, version: str, text: str) -> Sequence[Match]:
    """Return the customers whose name or email contains every word of a text."""
    by_pseudonym = search.CustomersByPseudonym(results.settings)
    index = results.get(version, EVERYTHING, by_pseudonym)
    if index is None:
        return []
    return results.get_once(version, EVERYTHING, search.PeopleNamed(text, index))
