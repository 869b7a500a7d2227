"""What each table promises: its grain, its keys, its columns with types and words.

Sources, staging and the star know each other only through these promises, and every build
checks what it made against them (`star.contract`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

MONEY = "decimal(18, 4)"
QUANTITY = "decimal(18, 3)"
RATE = "decimal(9, 6)"

KINDS = ("sale", "return", "cancelled", "fee", "adjustment", "voucher", "test")
"""What a line can be. Only sales and returns are goods; an order needs at least one sale."""

UNKNOWN_KEY = 0
"""The key of the one member that stands for every guest, or for every unnamed product."""


@dataclass(frozen=True)
class Column:
    """One column: its Ibis type, what it means, and whether it may be empty."""

    type: str
    description: str
    nullable: bool = False


@dataclass(frozen=True)
class TableContract:
    """What a table holds: one row per `grain`, told apart by `key`, pointing at `parents`."""

    name: str
    grain: str
    key: tuple[str, ...]
    columns: Mapping[str, Column]
    parents: Mapping[str, tuple[str, str]]


def _text(description: str, *, nullable: bool = True) -> Column:
    return Column("string", description, nullable)


LINE_COLUMNS: Mapping[str, Column] = {
    "order_id": _text("The shop's number of the order"),
    "ordered_at": Column("timestamp(6)", "When it was ordered, in the shop's local time", True),
    "customer_id": _text("The shop's number of the customer; empty for a guest"),
    "product_id": _text("The shop's product code, in capitals"),
    "product_name": _text("The description as it stands on the line"),
    "category": _text("Product category"),
    "subcategory": _text("Product subcategory"),
    "quantity": Column(QUANTITY, "Units; negative when they came back", True),
    "unit_price": Column(MONEY, "List price of one unit", True),
    "discount": Column(RATE, "Discount as a fraction of the list price", True),
    "location": _text("Where the customer is: country, state or shop"),
    "status": _text("The state of the order, where the source has one"),
}
"""One line of one order as a source brings it: the names that mapping profiles map to."""

PEOPLE_COLUMNS: Mapping[str, Column] = {
    "name": _text("What the customer is called"),
    "email": _text("E-mail address"),
    "phone": _text("Telephone number"),
    "company": _text("Company"),
    "address": _text("Street and number"),
    "postcode": _text("Postcode"),
    "city": _text("Town"),
}
"""What can be kept of the person behind a customer, apart from the star."""

REQUIRED_COLUMNS = ("order_id", "ordered_at", "customer_id", "quantity", "unit_price")
PRODUCT_COLUMNS = ("product_id", "product_name", "category", "subcategory")
"""A source needs at least one of these to say what was sold."""

FACT_SALES = TableContract(
    name="fact_sales",
    grain="one accepted line of one order",
    key=("source_id", "source_row"),
    columns={
        "order_key": Column("int64", "The order (dim_order)"),
        "customer_key": Column("int64", "The customer (dim_customer); 0 for every guest"),
        "product_key": Column("int64", "The product (dim_product); 0 where none is named"),
        "ordered_on": Column("date", "The day of the line (dim_date)"),
        "kind": _text("sale, return, cancelled, fee, adjustment, voucher or test", nullable=False),
        "quantity": Column(QUANTITY, "Units; negative when they came back"),
        "unit_price": Column(MONEY, "List price of one unit"),
        "discount": Column(RATE, "Discount as a fraction of the list price"),
        "gross_amount": Column(MONEY, "Quantity x unit price"),
        "discount_amount": Column(MONEY, "What the discount took off the gross amount"),
        "net_amount": Column(MONEY, "Gross amount less discount amount"),
        "source_id": Column("int32", "The file or sheet it came from (load_sources)"),
        "source_row": Column("int64", "The row there; a heading, where there is one, is row 1"),
    },
    parents={
        "order_key": ("dim_order", "order_key"),
        "customer_key": ("dim_customer", "customer_key"),
        "product_key": ("dim_product", "product_key"),
        "ordered_on": ("dim_date", "date"),
    },
)

DIM_ORDER = TableContract(
    name="dim_order",
    grain="one order",
    key=("order_key",),
    columns={
        "order_key": Column("int64", "Key of the order in this warehouse"),
        "order_id": _text("The shop's number of the order", nullable=False),
        "ordered_at": Column("timestamp(6)", "Time of its first line"),
        "ordered_on": Column("date", "Day of its first line"),
        "last_sale_at": Column("timestamp(6)", "Time of its last line of sale", True),
        "month": Column("date", "First day of its month"),
        "weekday": Column("int8", "1 Monday to 7 Sunday"),
        "customer_key": Column("int64", "The customer (dim_customer); 0 for a guest"),
        "location": _text("Where it was ordered from"),
        "kind": _text("sale if it has a line of sale, else what it is instead", nullable=False),
    },
    parents={"customer_key": ("dim_customer", "customer_key"), "ordered_on": ("dim_date", "date")},
)

DIM_CUSTOMER = TableContract(
    name="dim_customer",
    grain="one customer, and one unknown customer (key 0) for every guest",
    key=("customer_key",),
    columns={
        "customer_key": Column("int64", "Key of the customer in this warehouse; 0 is unknown"),
        "customer_id": _text("The shop's number of the customer; empty for the unknown customer"),
        "is_known": Column("boolean", "False only for the unknown customer"),
        "location": _text("Where most of their orders came from"),
        "other_locations": Column("int64", "How many other locations were seen"),
        "first_order_at": Column("timestamp(6)", "First order; empty if they never bought", True),
        "last_order_at": Column("timestamp(6)", "Last order; empty if they never bought", True),
        "first_seen_at": Column("timestamp(6)", "First line of any kind", True),
        "orders": Column("int64", "Orders so far"),
        "net_sales": Column(MONEY, "Lifetime net sales"),
        "is_high_value": Column("boolean", "Lifetime net sales above the shop's percentile"),
    },
    parents={},
)

DIM_PRODUCT = TableContract(
    name="dim_product",
    grain="one product, and one unknown product (key 0)",
    key=("product_key",),
    columns={
        "product_key": Column("int64", "Key of the product in this warehouse; 0 is unknown"),
        "product_id": _text("Product code in capitals; empty for the unknown product"),
        "product_name": _text("Its most frequent, then latest, description"),
        "category": _text("Its most frequent, then latest, category"),
        "subcategory": _text("Its most frequent, then latest, subcategory"),
        "names_seen": Column("int64", "How many different descriptions were seen"),
    },
    parents={},
)

DIM_DATE = TableContract(
    name="dim_date",
    grain="one day, complete from the first month of the data to its last",
    key=("date",),
    columns={
        "date": Column("date", "The day"),
        "month": Column("date", "First day of its month"),
        "quarter": Column("int8", "Quarter of the calendar year, 1 to 4"),
        "year": Column("int16", "Calendar year"),
        "iso_week": Column("int8", "ISO 8601 week"),
        "iso_year": Column("int16", "The year that week belongs to"),
        "weekday": Column("int8", "1 Monday to 7 Sunday"),
        "weekday_name": _text("Monday to Sunday", nullable=False),
        "fiscal_year": Column("int16", "The calendar year in which the fiscal year ends"),
        "fiscal_quarter": Column("int8", "Quarter of the fiscal year, 1 to 4"),
        "fiscal_month": Column("int8", "Month of the fiscal year, 1 to 12"),
        "is_observed": Column("boolean", "From the first to the last day with an order line"),
    },
    parents={},
)

MARTS = {
    "mart_headline_figures": "kpis",
    "mart_monthly_sales": "monthly_sales",
    "mart_monthly_orders": "monthly_orders",
    "mart_monthly_customers": "monthly_customers",
    "mart_cohorts": "cohorts",
    "mart_customer_segments": "rfm",
    "mart_segments": "segments",
}
"""Answers that are kept as tables where BI tools look, and the analyses they answer."""

VIEW_NAMES = {
    "dim_date": "calendar", "dim_customer": "customers", "dim_product": "products",
    "dim_order": "orders", "fact_sales": "sales",
} | {mart: mart.removeprefix("mart_") for mart in MARTS}  # fmt: skip
"""What the views are called; these names stay, whatever becomes of the tables behind them."""

LEDGER = {
    "order_lines": "The accepted lines as they were read, of which the star is made",
    "superseded_lines": "Lines of orders that came again, otherwise, in a later source",
    "confirmed_orders": "Orders that a later source brought again just as they stand",
    "synced_orders": "The orders each sync found in a shop's database; 0 lines: gone",
    "sync_marks": "How far each sync has read its shop's database",
    "odd_orders": "Orders whose lines name several customers, places or days",
    "quarantine": "Rows that could not be understood, with every reason and their original text",
    "loads": "Every load: when, with which version, and what it did to the orders",
    "load_sources": "The sources of each load, and how each was read",
    "ledger_entries": "Rows and money of each source by what became of them: sum them",
    "load_reasons": "How many rows failed each rule, by load",
    "warehouse_facts": "What is known of the warehouse as a whole",
    "people": "What each source says of the people behind the customers, by pseudonym",
    "forgotten": "The pseudonyms of those who were forgotten, and the load that did it",
    "people_facts": "By which key pseudonyms are made, and whether customers go by them",
    "lists": "Lists of customers as they were taken: by whom, when, how, and how many",
    "list_members": "The customers of each list: who is treated, and who is held out as control",
    "list_exports": "Every file of a list that was written: when, by whom, and how many rows",
}
"""What else a warehouse holds: how it came to be."""

LIST_TABLES = ("lists", "list_members", "list_exports")
"""What is known of lists: nothing of it comes from sources, so it outlasts a build."""

PERSON_TABLES = ("people", "forgotten", "people_facts")
"""Tables of people: only the owner of a warehouse sees them."""

PERSONAL_DATA_TABLES = ("order_lines", "superseded_lines", "quarantine", *PERSON_TABLES)
"""Tables of the ledger that hold what sources say of customers."""

LEDGER_COLUMNS: Mapping[str, Mapping[str, str]] = {
    "loads": {
        "load_id": "int32", "loaded_at": "timestamp(6)", "operation": "string",
        "regulars_version": "string",
        "conventions": "string", "undoes": "int32", "orders_new": "int64",
        "orders_changed": "int64", "orders_unchanged": "int64", "orders_removed": "int64",
    },
    "load_sources": {
        "source_id": "int32", "load_id": "int32", "name": "string", "rows": "int64",
        "profile": "string", "profile_from": "string", "profile_version": "string",
        "columns": "string", "formats": "string", "reading": "string", "fingerprint": "string",
        "duplicate_of": "int32",
    },
    "ledger_entries": {
        "load_id": "int32", "source_id": "int32", "outcome": "string", "kind": "string",
        "rows": "int64", "amount": MONEY,
    },
    "load_reasons": {"load_id": "int32", "reason": "string", "rows": "int64"},
    "warehouse_facts": {"fact": "string", "value": "string"},
    "confirmed_orders": {"order_id": "string", "source_id": "int32", "confirms_source_id": "int32"},
    "synced_orders": {
        "order_id": "string", "source_id": "int32", "shop_order": "string", "sales_month": "int32",
        "line_count": "int64", "digest": "int64",
    },
    "sync_marks": {
        "load_id": "int32", "source_id": "int32", "shop": "string", "since": "string",
        "until": "string", "says": "string", "columns": "string",
    },
    "people": {"source_id": "int32", "pseudonym": "string"} | {
        name: column.type for name, column in PEOPLE_COLUMNS.items()
    },
    "forgotten": {"pseudonym": "string", "load_id": "int32"},
    "people_facts": {"fact": "string", "value": "string"},
    "lists": {
        "list_id": "int32", "name": "string", "created_at": "timestamp(6)", "author": "string",
        "as_of": "timestamp(6)", "segments": "string", "filters": "string",
        "exclusions": "string", "seed": "string", "share": "float64", "stratified_by": "string",
        "chosen": "int64", "treatment": "int64", "control": "int64", "contacted": "int64",
        "returned": "int64", "suppressed": "int64",
    },
    "list_members": {
        "list_id": "int32", "customer_id": "string", "role": "string", "segment": "string",
        "recency": "int64", "frequency": "int64", "monetary": MONEY,
        "favourite_category": "string", "reason": "string",
    },
    "list_exports": {
        "list_id": "int32", "exported_at": "timestamp(6)", "author": "string", "role": "string",
        "form": "string", "rows": "int64", "file": "string",
    },
}  # fmt: skip
"""The columns of the tables that are written row by row, with their Ibis types."""

STAR = (DIM_DATE, DIM_CUSTOMER, DIM_PRODUCT, DIM_ORDER, FACT_SALES)
"""The star, parents before children."""

CONTRACTS: Mapping[str, TableContract] = {contract.name: contract for contract in STAR}
"""What each table of the star promises, by its name."""
