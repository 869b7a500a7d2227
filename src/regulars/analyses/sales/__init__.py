"""Sales analyses: KPIs, months, breakdowns, changes, discounts, order values, lines."""
