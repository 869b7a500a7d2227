"""The customers who spent most in the period."""

from dataclasses import dataclass
from typing import ClassVar

from regulars.insights.customer_table import CustomerNames, customer_table, highest_spenders
from regulars.insights.findings.customers import top_spenders
from regulars.insights.parts import Section
from regulars.insights.scope import Scope

MOST = 20


@dataclass(frozen=True)
class TopCustomers:
    """The customers with the highest net sales, for users who may see customers.

    names  the names stored for customers; None for users who may not see them
    """

    names: CustomerNames | None = None
    name: ClassVar[str] = "top_customers"

    def __call__(self, scope: Scope) -> Section | None:
        """Return the section; None without known customers who ordered."""
        rows = highest_spenders(scope, MOST)
        if not rows:
            return None
        finding = top_spenders(rows, scope.orders)
        table = customer_table(scope, rows, "Customers by net sales", self.names)
        return Section(self.name, "Top customers", finding, parts=[table], period=str(scope.period))
