"""Analyses about sales: KPIs, months, breakdowns, changes, discounts, order values, lines."""
