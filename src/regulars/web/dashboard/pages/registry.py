"""The pages of the dashboard: their titles, who may open them, and how they are shown."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from regulars.web.dashboard.navigation import CUSTOMER, PRODUCT
from regulars.web.dashboard.page import Page
from regulars.web.dashboard.pages import (
    campaigns,
    customer,
    digest,
    figures,
    lists,
    product,
    upload,
)
from regulars.web.result_cache import ResultCache
from regulars.web.roles import Role


@dataclass(frozen=True)
class PageSpec:
    """A page of the dashboard.

    may_open   whether a role may open it
    compute    computes what it shows without filters, before anyone opens it; None if nothing
    has_view   whether it shows the filters and the period
    is_listed  whether the navigation lists it; other pages open by a click, a link or the search
    """

    title: str
    show: Callable[[Page], None]
    may_open: Callable[[Role], bool]
    compute: Callable[[ResultCache, str], None] | None = None
    has_view: bool = True
    is_listed: bool = True


def _everyone(_: Role) -> bool:
    return True


PAGES: Mapping[str, PageSpec] = {
    "today": PageSpec("Today", figures.show_today, _everyone, figures.compute_today),
    "sales": PageSpec("Sales", figures.show_sales, _everyone, figures.compute_sales),
    "days": PageSpec("Days", figures.show_days, _everyone, figures.compute_days),
    "customers": PageSpec(
        "Customers", figures.show_customers, _everyone, figures.compute_customers
    ),
    "lists": PageSpec("Lists", lists.show_lists, lambda role: role.may_see_customers),
    "campaigns": PageSpec("Campaigns", campaigns.show_campaigns, _everyone, has_view=False),
    "data": PageSpec("Data", figures.show_data, _everyone, figures.compute_data, has_view=False),
    "upload": PageSpec(
        "Upload", upload.show_page, lambda role: role.may_load, has_view=False
    ),
    "digest": PageSpec(
        "Digest", digest.show_digest, lambda role: role is Role.ADMIN, has_view=False
    ),
    CUSTOMER: PageSpec(
        "Customer", customer.show_customer, lambda role: role.may_see_customers, has_view=False,
        is_listed=False,
    ),
    PRODUCT: PageSpec("Product", product.show_product, _everyone, is_listed=False),
}  # fmt: skip
"""The pages by the name in their address, in the order of the navigation; the first is home."""

HOME = next(iter(PAGES))
