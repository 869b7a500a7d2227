"""The page of one product: its sales, buyers and returns, and what is bought with it."""

from dataclasses import replace

import streamlit as st

from regulars.insights.html import fragments
from regulars.insights.sections import sales
from regulars.insights.sections.product import (
    PRODUCT_FILTERS,
    BuyersOf,
    ProductName,
    bought_together,
)
from regulars.insights.view import EVERYTHING, View
from regulars.web.dashboard.filters import choose
from regulars.web.dashboard.markdown import plain
from regulars.web.dashboard.navigation import PRODUCT
from regulars.web.dashboard.page import Page
from regulars.web.dashboard.pages.figures import headlines_of

_HIDDEN = ", ".join(f'[data-testid="stColumn"]:has(.st-key-{name})' for name in PRODUCT_FILTERS)


def show_product(page: Page) -> None:
    """Show the product in the address, with the period and the other filters of the view."""
    st.html(f"<style>{_HIDDEN} {{ display: none }}</style>")
    code = st.query_params.get(PRODUCT, "")
    found = page.results.get(page.version, EVERYTHING, ProductName(code)) if code else None
    if found is None:
        hint = "Search for a product above, by name or code."
        if code:
            st.warning(f"There is no product {plain(code)}. {hint}")
        else:
            st.info(hint)
        return
    name, category = found
    place, action = st.columns([4, 1], vertical_alignment="center")
    place.html(fragments.title(name, " · ".join(filter(None, (code, category)))))
    if action.button("Filter by this product", help="Show only this product on all pages"):
        choose("product_id", code)
    its = replace(page, view=_view_of(page.view, code))
    with st.spinner("Loading key figures…", show_time=True):
        headlines = headlines_of(its.results, its.version, its.view)
        html = its.html(headlines, fragments.headlines)
    its.show(html, "product_headlines")
    buyers = BuyersOf(page.user.role.may_see_customers, page.names)
    its.show_sections([sales.trend, buyers, bought_together])


def _view_of(view: View, code: str) -> View:
    """Return the view with one product in place of its filters on products."""
    others = {name: values for name, values in view.where.items() if name not in PRODUCT_FILTERS}
    return replace(view, where={**others, "product_id": (code,)})
