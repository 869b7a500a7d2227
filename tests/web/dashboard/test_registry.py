"""Who may open which page of the dashboard."""

import pytest

from regulars.web.dashboard.pages.registry import HOME, PAGES
from regulars.web.roles import Role

FIGURES = ["today", "sales", "days", "customers"]
UNLISTED = ["customer", "product"]


@pytest.mark.parametrize(
    ("role", "pages"),
    [
        (Role.VIEWER, [*FIGURES, "campaigns", "data", "product"]),
        (Role.ANALYST, [*FIGURES, "lists", "campaigns", "data", *UNLISTED]),
        (Role.EXPORTER, [*FIGURES, "lists", "campaigns", "data", *UNLISTED]),
        (
            Role.ADMIN,
            [*FIGURES, "lists", "campaigns", "data", "upload", "digest", *UNLISTED],
        ),
    ],
)
def test_a_role_opens_only_its_pages(role: Role, pages: list[str]) -> None:
    assert [name for name, page in PAGES.items() if page.may_open(role)] == pages


def test_navigation_lists_no_page_of_a_single_customer_or_product() -> None:
    assert [name for name, page in PAGES.items() if not page.is_listed] == UNLISTED


def test_home_is_the_first_page_and_open_to_everyone() -> None:
    assert HOME == "today"
    assert all(PAGES[HOME].may_open(role) for role in Role)
