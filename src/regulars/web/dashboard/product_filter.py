"""The product filter: it lists products by name, while the address has their codes.

Streamlit could keep the address up to date itself, but only with what the filter lists: a link
would then break when a product is renamed.
"""

from collections.abc import Mapping
from typing import Any

import streamlit as st

PRODUCTS = "product_id"
_SEEN = "regulars_products_in_address"


def read_address(page: str) -> None:
    """Select the products in the address, if it has changed since the last run.

    A click in the navigation opens another page without them: the selection then stays.
    """
    linked = st.query_params.get_all(PRODUCTS)
    seen_on, seen = st.session_state.get(_SEEN, ("", []))
    if linked != seen and (linked or seen_on == page):
        st.session_state[PRODUCTS] = linked


def product_filter(place: Any, label: str, names: Mapping[str, str]) -> tuple[str, ...]:
    """Show the filter and return the selected codes; `names` has the name of each product."""
    selected: list[str] = place.multiselect(
        label, list(names), key=PRODUCTS, placeholder="All", filter_mode="contains",
        format_func=lambda code: labelled(code, names.get(code, "")),
    )  # fmt: skip
    return tuple(selected)


def write_address(page: str) -> None:
    """Put the selected products into the address."""
    selected = list(st.session_state.get(PRODUCTS, []))
    if st.query_params.get_all(PRODUCTS) != selected:
        if selected:
            st.query_params[PRODUCTS] = selected
        else:
            del st.query_params[PRODUCTS]
    st.session_state[_SEEN] = (page, selected)


def labelled(code: str, name: str) -> str:
    """Return the name of a product with its code, which may be all it has."""
    return f"{name} · {code}" if name and name != code else code
