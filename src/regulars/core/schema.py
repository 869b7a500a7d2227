"""Table contracts: the grain, keys and columns of every table, with their types and descriptions.

Every build checks its tables against these contracts. BI tools show the descriptions.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from regulars.core import kinds
from regulars.core.entered import ENTERED, ENTERED_COLUMNS

MONEY = "decimal(18, 4)"
QUANTITY = "decimal(18, 3)"
RATE = "decimal(9, 6)"

UNKNOWN_KEY = 0
"""The key of the unknown member: the customer of every guest, the product of unnamed lines."""


@dataclass(frozen=True)
class Column:
    """A column: its Ibis type, its description, and whether it can be NULL."""

    type: str
    description: str
    nullable: bool = False


@dataclass(frozen=True)
class TableContract:
    """A table: one row per `grain`, unique by `key`, with foreign keys to `parents`."""

    name: str
    grain: str
    key: tuple[str, ...]
    columns: Mapping[str, Column]
    parents: Mapping[str, tuple[str, str]]


def _text(description: str, *, nullable: bool = True) -> Column:
    return Column("string", description, nullable)


LINE_COLUMNS: Mapping[str, Column] = {
    "order_id": _text("Order number in the shop's system"),
    "ordered_at": Column("timestamp(6)", "Time of the order, in the shop's time zone", True),
    "customer_id": _text("Customer ID in the shop's system; empty for guests"),
    "product_id": _text("Product code (SKU), in capitals"),
    "product_name": _text("Product name as written on the line"),
    "category": _text("Product category"),
    "subcategory": _text("Product subcategory"),
    "quantity": Column(QUANTITY, "Units; negative for returned goods", True),
    "unit_price": Column(MONEY, "List price per unit, before discount", True),
    "discount": Column(RATE, "Discount as a fraction of the list price: 0.1 is 10% off", True),
    "location": _text("Country, state or store of the order"),
    "store": _text("Store, branch, brand or sales channel of the order"),
    "status": _text("Order status, if the source has one"),
}
"""One order line as staged."""

MONEY_COLUMNS: Mapping[str, Column] = {
    "line_total": Column(MONEY, "Value of the whole line, if there is no unit price", True),
    "order_discount": Column(MONEY, "Discount of the order, on top of those of its lines", True),
    "order_refund": Column(MONEY, "Amount of the order that was refunded", True),
    "line_refund": Column(MONEY, "Amount of the line that was refunded", True),
    "returned_quantity": Column(QUANTITY, "Units returned, out of the units sold", True),
    "net_quantity": Column(QUANTITY, "Units not returned, out of the units sold", True),
    "order_subtotal": Column(MONEY, "Sum of the order's lines after discount, as a check", True),
    "currency": _text("Currency of the amounts, as a code or a sign"),
}
"""Columns that profiles can map to besides those of a line; staging uses them up."""

OPTIONAL_COLUMNS = (*(name for name in MONEY_COLUMNS if name != "line_total"), "store")
"""Columns that an export can lack and still be recognised."""

MAPPED_COLUMNS: Mapping[str, Column] = {**LINE_COLUMNS, **MONEY_COLUMNS}
"""The columns that profiles map to."""

PEOPLE_COLUMNS: Mapping[str, Column] = {
    "name": _text("Full name"),
    "email": _text("Email address"),
    "phone": _text("Phone number"),
    "company": _text("Company"),
    "address": _text("Street and house number"),
    "postcode": _text("Postcode"),
    "city": _text("Town or city"),
}
"""Personal data about customers, stored separately from the star."""

REQUIRED_COLUMNS = ("order_id", "ordered_at", "customer_id", "quantity", "unit_price")
"""A column line_total does instead of unit_price."""

PRODUCT_COLUMNS = ("product_id", "product_name", "category", "subcategory")
"""A source needs at least one of these columns."""

FACT_SALES = TableContract(
    name="fact_sales",
    grain="one accepted line of one order",
    key=("source_id", "source_row"),
    columns={
        "order_key": Column("int64", "Order (dim_order)"),
        "customer_key": Column("int64", "Customer (dim_customer); 0 for guests"),
        "product_key": Column("int64", "Product (dim_product); 0 if the line has none"),
        "ordered_on": Column("date", "Date of the line (dim_date)"),
        "kind": _text(f"{kinds.MEANING}; net sales sum sales and returns", nullable=False),
        "quantity": Column(QUANTITY, "Units; negative for returned goods"),
        "unit_price": Column(MONEY, "List price per unit, before discount"),
        "discount": Column(RATE, "Discount as a fraction of the list price: 0.1 is 10% off"),
        "gross_amount": Column(MONEY, "Quantity x unit price, before discount"),
        "discount_amount": Column(MONEY, "Amount of the discount"),
        "net_amount": Column(MONEY, "Gross amount minus discount"),
        "source_id": Column("int32", "File, sheet or sync that the line comes from (load_sources)"),
        "source_row": Column(
            "int64",
            "Row number in that source; a header counts as row 1. Negative for a refund "
            "that the row states for its order",
        ),
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
        "order_id": _text("Order number in the shop's system", nullable=False),
        "ordered_at": Column("timestamp(6)", "Time of the first line"),
        "ordered_on": Column("date", "Date of the first line"),
        "last_sale_at": Column("timestamp(6)", "Time of the last line that is a sale", True),
        "month": Column("date", "First day of the month"),
        "weekday": Column("int8", "Day of the week: 1 is Monday, 7 is Sunday"),
        "customer_key": Column("int64", "Customer (dim_customer); 0 for guests"),
        "location": _text("Country, state or store of the order"),
        "store": _text("Store, branch, brand or sales channel of the order"),
        "kind": _text(f"The first kind that its lines have: {kinds.MEANING}", nullable=False),
    },
    parents={"customer_key": ("dim_customer", "customer_key"), "ordered_on": ("dim_date", "date")},
)

DIM_CUSTOMER = TableContract(
    name="dim_customer",
    grain="one customer; a single unknown customer (key 0) stands for all guests",
    key=("customer_key",),
    columns={
        "customer_key": Column("int64", "Key of the customer in this warehouse; 0 for guests"),
        "customer_id": _text("Customer ID in the shop's system; empty for guests"),
        "is_known": Column("boolean", "False only for the unknown customer"),
        "location": _text("Location of most of the customer's orders"),
        "other_locations": Column("int64", "Number of other locations the customer ordered from"),
        "first_order_at": Column("timestamp(6)", "Time of the first order; empty if none", True),
        "last_order_at": Column("timestamp(6)", "Time of the last order; empty if none", True),
        "first_seen_at": Column("timestamp(6)", "Time of the first line of any kind", True),
        "orders": Column("int64", "Number of orders"),
        "net_sales": Column(MONEY, "Lifetime net sales"),
        "is_high_value": Column(
            "boolean",
            "Whether lifetime net sales reach the high-value percentile (80th by default)",
        ),
    },
    parents={},
)

DIM_PRODUCT = TableContract(
    name="dim_product",
    grain="one product; a single unknown product (key 0) stands for lines without one",
    key=("product_key",),
    columns={
        "product_key": Column("int64", "Key of the product in this warehouse; 0 is unknown"),
        "product_id": _text("Product code (SKU), in capitals; empty for the unknown product"),
        "product_name": _text("Most frequent name; the latest if there is a tie"),
        "category": _text("Most frequent category; the latest if there is a tie"),
        "subcategory": _text("Most frequent subcategory; the latest if there is a tie"),
        "names_seen": Column("int64", "Number of different names on order lines"),
    },
    parents={},
)

DIM_DATE = TableContract(
    name="dim_date",
    grain="one day; no gaps from the first month of the data to the last",
    key=("date",),
    columns={
        "date": Column("date", "Date"),
        "month": Column("date", "First day of the month"),
        "quarter": Column("int8", "Calendar quarter, 1 to 4"),
        "year": Column("int16", "Calendar year"),
        "iso_week": Column("int8", "ISO 8601 week number"),
        "iso_year": Column("int16", "Year of the ISO 8601 week"),
        "weekday": Column("int8", "Day of the week: 1 is Monday, 7 is Sunday"),
        "weekday_name": _text("Name of the day of the week", nullable=False),
        "fiscal_year": Column("int16", "Fiscal year, named after the year in which it ends"),
        "fiscal_quarter": Column("int8", "Fiscal quarter, 1 to 4"),
        "fiscal_month": Column("int8", "Month of the fiscal year, 1 to 12"),
        "is_observed": Column(
            "boolean", "Whether the day is between the first and last day with an order line"
        ),
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
"""Tables of precomputed results for BI tools, each with its analysis."""

VIEW_NAMES = {
    "dim_date": "calendar", "dim_customer": "customers", "dim_product": "products",
    "dim_order": "orders", "fact_sales": "sales",
} | {mart: mart.removeprefix("mart_") for mart in MARTS}  # fmt: skip
"""The names of the views, which stay stable when the tables behind them change."""

LEDGER = {
    "order_lines": "Accepted order lines as read from the sources; the star is built from these",
    "superseded_lines": "Lines of orders that a later source replaced with another version",
    "confirmed_orders": "Orders that a later source delivered again without any change",
    "synced_orders": "Orders that each sync found in the shop's database; 0 lines means deleted",
    "sync_marks": "How far each sync has read the shop's database",
    "corrections": "Orders that a later credit undoes, and that credit; neither counts as sales",
    "odd_orders": "Orders whose lines disagree on the customer, the location, the store or the day",
    "quarantine": "Rows that could not be read, with every reason and the original text",
    "loads": "Every load: time, operation, author, version, and its effect on orders",
    "load_sources": "The sources of each load, and the formats they were read with",
    "ledger_entries": "Rows and amounts of each source by outcome; add them up to get the balance",
    "load_reasons": "Number of rows that failed each rule, by load",
    "warehouse_facts": "Facts about the warehouse as a whole",
    "people": "Personal data of customers from each source, by pseudonym",
    "forgotten": "Pseudonyms of forgotten customers, with the load that erased them",
    "people_facts": "Check value of the pseudonym key, and whether customers are pseudonymised",
    "customer_contacts": "Pseudonyms of emails and phone numbers, to recognise one person",
    "kept_apart": "Pairs of customers who are two people although they share an email or phone",
    "customer_merges": "Customer IDs that are one person, and the ID that they count under",
    "lists": "Saved customer lists: author, time, selection and size",
    "list_members": "The customers of each list, as treatment or control group",
    "list_exports": "Every export of a list: time, author, format and rows",
    **ENTERED,
}
"""The other tables of a warehouse: order lines, quarantine, loads, lists, notes and targets."""

FORMER_TABLES = ("load_facts", "load_tallies", "replaced_lines")
"""Names in the ledger up to version 4 of the schema: such a warehouse is ours, and built again."""

LIST_TABLES = ("lists", "list_members", "list_exports")
"""These do not come from sources, so a new build carries them over."""

PERSON_TABLES = ("people", "forgotten", "people_facts", "customer_contacts", "kept_apart")
"""Only the owner of a warehouse can read these."""

PERSONAL_DATA_TABLES = ("order_lines", "superseded_lines", "quarantine", *PERSON_TABLES)
"""Tables of the ledger that can contain personal data from sources."""

LEDGER_COLUMNS: Mapping[str, Mapping[str, str]] = {
    "loads": {
        "load_id": "int32", "loaded_at": "timestamp(6)", "operation": "string",
        "regulars_version": "string", "conventions": "string", "undoes": "int32",
        "orders_new": "int64", "orders_changed": "int64", "orders_unchanged": "int64",
        "orders_removed": "int64", "author": "string", "as_of": "date",
    },
    "load_sources": {
        "source_id": "int32", "load_id": "int32", "name": "string", "rows": "int64",
        "profile": "string", "profile_from": "string", "profile_version": "string",
        "columns": "string", "formats": "string", "formats_json": "string",
        "fingerprint": "string", "duplicate_of": "int32", "not_corrections": "string",
    },
    "ledger_entries": {
        "load_id": "int32", "source_id": "int32", "outcome": "string", "kind": "string",
        "rows": "int64", "amount": MONEY,
    },
    "load_reasons": {"load_id": "int32", "reason": "string", "rows": "int64"},
    "warehouse_facts": {"fact": "string", "value": "string"},
    "confirmed_orders": {"order_id": "string", "source_id": "int32", "confirms_source_id": "int32"},
    "corrections": {
        "order_id": "string", "credit_id": "string", "ordered_at": "timestamp(6)",
        "credited_at": "timestamp(6)", "amount": MONEY, "matched_by": "string",
    },
    "synced_orders": {
        "order_id": "string", "source_id": "int32", "shop_order": "string", "sales_month": "int32",
        "line_count": "int64", "digest": "int64",
    },
    "sync_marks": {
        "load_id": "int32", "source_id": "int32", "shop": "string", "since": "string",
        "until": "string", "fingerprint": "string", "columns": "string",
    },
    "people": {"source_id": "int32", "pseudonym": "string"} | {
        name: column.type for name, column in PEOPLE_COLUMNS.items()
    },
    "forgotten": {"pseudonym": "string", "load_id": "int32"},
    "people_facts": {"fact": "string", "value": "string"},
    "customer_contacts": {"source_id": "int32", "is_the_id": "boolean"}
    | dict.fromkeys(("customer_id", "kind", "contact"), "string"),
    "kept_apart": {"source_id": "int32", "customer_id": "string", "other_id": "string"},
    "customer_merges": dict.fromkeys(("customer_id", "merged_into", "reason"), "string")
    | {"first_seen_at": "timestamp(6)", "last_seen_at": "timestamp(6)"},
    "lists": {
        "list_id": "int32", "name": "string", "created_at": "timestamp(6)", "author": "string",
        "as_of": "timestamp(6)", "segments": "string", "filters": "string",
        "exclusions": "string", "seed": "string", "share": "float64", "stratified_by": "string",
        "chosen": "int64", "treatment": "int64", "control": "int64", "contacted": "int64",
        "returned": "int64", "suppressed": "int64",
    },
    "list_members": {
        "list_id": "int32", "customer_id": "string", "role": "string", "segment": "string",
        "recency": "int64", "frequency": "int64", "monetary": MONEY, "matching_orders": "int64",
        "matching_net_sales": MONEY, "favourite_category": "string", "reason": "string",
    },
    "list_exports": {
        "list_id": "int32", "exported_at": "timestamp(6)", "author": "string", "role": "string",
        "format": "string", "rows": "int64", "file": "string",
    },
    **ENTERED_COLUMNS,
}  # fmt: skip
"""The columns and Ibis types of the tables that are written row by row."""

STAR = (DIM_DATE, DIM_CUSTOMER, DIM_PRODUCT, DIM_ORDER, FACT_SALES)
"""The tables of the star, parents first."""

CONTRACTS: Mapping[str, TableContract] = {contract.name: contract for contract in STAR}
"""The contract of each table of the star, by name."""
