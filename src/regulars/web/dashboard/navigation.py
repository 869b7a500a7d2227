"""Open the page of a customer or a product, also from a dialog."""

from typing import NoReturn

import streamlit as st

NEXT_PAGE = "regulars_next_page"
"""Where the next run finds the page to open and more parameters, because a dialog cannot switch
pages itself."""

CUSTOMER, PRODUCT = "customer", "product"
"""The pages of one customer and of one product, and the parameters of their addresses."""

PAGE_OF = {"customer_id": CUSTOMER, "product_id": PRODUCT}
"""The columns whose values have a page."""


def open_next(page: str, member: str) -> NoReturn:
    """Rerun the script and open the page of a customer or a product."""
    st.session_state[NEXT_PAGE] = (page, {page: member})
    st.rerun()
