"""Files that belong together, joined by a profile: every line once, or a reason for it.

Order 1 is 2 x 10 + 5 = 25, by client K1; order 2 is 3 x 5 = 15, by a guest: 40 in three lines.
"""

import zipfile
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path

import pytest
import xlsxwriter

from regulars.core.errors import ProfileError, SourceError
from regulars.loads.api import build, check, load, replay
from regulars.loads.report import LoadReport
from regulars.sources.profiles.profile import Profile, parse_profile
from regulars.warehouse.warehouse import open_warehouse
from support.present import present

FILES = """
[files]
table = "lines"
columns = ["Order", "SKU", "Price"]

[[files.join]]
table = "orders"
columns = ["Order", "Date", "Client"]
on = "orders.Order = lines.Order"

[[files.join]]
table = "clients"
columns = ["Client", "Country"]
on = "clients.Client = orders.Client"
"""
COLUMNS = """
[columns]
order_id = "Order"
ordered_at = "Date"
customer_id = "Client"
product_id = "SKU"
quantity = "Qty"
unit_price = "Price"
location = "Country"
"""

Tables = Mapping[str, str]
LINES = "Order;SKU;Qty;Price\n1;TEA;2;10,00\n1;CUP;1;5,00\n2;CUP;3;5,00\n"
ORDERS = "Order,Date,Client,Status\n1,31/12/2024,K1,paid\n2,02/01/2025,,paid\n"
CLIENTS = "Client,Name,Country,Status\nK1,Zoé,France,void\nK2,Ann,Belgium,active\n"
SHOP: Tables = {"a.csv": LINES, "b.csv": ORDERS, "c.csv": CLIENTS}


@pytest.fixture
def profile(tmp_path: Path) -> str:
    path = tmp_path / "mine.toml"
    path.write_text(FILES + COLUMNS, "utf-8")
    return str(path)


def in_folder(tables: Tables, folder: Path) -> list[Path]:
    folder.mkdir(exist_ok=True)
    for name, text in tables.items():
        encoding = {"a": "utf-16", "b": "utf-8", "c": "cp1252"}.get(name[0], "utf-8")
        (folder / name).write_text(text, encoding)
    return [folder]


def in_zip(tables: Tables, folder: Path) -> list[Path]:
    with zipfile.ZipFile(folder.with_suffix(".zip"), "w") as archive:
        for path in sorted(in_folder(tables, folder)[0].iterdir()):
            archive.write(path, f"export/{path.name}")
    return [folder.with_suffix(".zip")]


def in_workbook(tables: Tables, folder: Path) -> list[Path]:
    path = folder.with_suffix(".xlsx")
    with xlsxwriter.Workbook(path) as workbook:
        for name, text in tables.items():
            sheet = workbook.add_worksheet(name.removesuffix(".csv"))
            for row, line in enumerate(text.splitlines()):
                sheet.write_row(row, 0, line.split(";" if name == "a.csv" else ","))
    return [path]


def amount(report: LoadReport, outcome: str) -> tuple[int, Decimal]:
    return report.total(outcome)


@pytest.mark.parametrize("container", [in_zip, in_workbook])
def test_files_are_joined_wherever_they_are(
    container: Callable[[Tables, Path], list[Path]], profile: str, tmp_path: Path
) -> None:
    report = check(*container(SHOP, tmp_path / "shop"), profile=profile)
    [source] = report.sources
    assert amount(report, "read") == amount(report, "accepted") == (3, Decimal(40))
    assert [line["source_row"] for line in report.preview] == [2, 3, 4]
    assert [line["customer_id"] for line in report.preview] == ["K1", "K1", None]
    assert [line["location"] for line in report.preview] == ["France", "France", None]
    # The states of clients are not those of orders.
    assert [survey.column for survey in source.states] == ["Status"]
    orders, clients = source.joined
    assert "as orders: 2 rows by Order" in orders
    assert "as clients: 2 rows by Client, 1 of them without a line" in clients


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"c.csv": None}, "also needs clients (columns Client, Country)"),
        (
            {"a.csv": None, "a2.csv": LINES.replace("Order", "Number")},
            "None of these is one: a2.csv.",
        ),
        (
            {"b.csv": ORDERS + "1,05/01/2025,K2,paid\n"},
            'Order "1" has 2 different rows: b.csv, rows 2 and 4.',
        ),
        (
            {"d.csv": CLIENTS.replace("France", "Spain")},
            'Client "K1" has 2 different rows: c.csv, row 2, and d.csv, row 2.',
        ),
        (
            {"d.csv": LINES.replace("Price", "Prise")},
            "d.csv has most columns of lines, but not Price, so its lines would be left out.",
        ),
    ],
)
def test_what_would_lose_or_multiply_lines_is_refused(
    changes: Mapping[str, str | None], message: str, profile: str, tmp_path: Path
) -> None:
    tables = {name: text for name, text in {**SHOP, **changes}.items() if text is not None}
    with pytest.raises(SourceError) as refusal:
        check(*in_folder(tables, tmp_path / "shop"), profile=profile)
    assert message in str(refusal.value)


def test_a_column_of_a_missing_optional_file_is_blank(tmp_path: Path) -> None:
    text = FILES.replace("clients.Client = orders.Client\"", "clients.Client = orders.Client\"\n"
                         "optional = true\nunmatched = \"keep\"") + COLUMNS  # fmt: skip
    (tmp_path / "mine.toml").write_text(text, "utf-8")
    shop = in_folder({"a.csv": LINES, "b.csv": ORDERS}, tmp_path / "shop")
    report = check(*shop, profile=str(tmp_path / "mine.toml"))
    assert report.total("accepted", "sale") == report.total("read") == (3, Decimal(40))
    assert "location" not in report.sources[0].mapping.columns


def test_a_row_that_is_there_twice_counts_once(profile: str, tmp_path: Path) -> None:
    tables = {**SHOP, "c2.csv": CLIENTS, "notes.csv": "a,b\n1,2\n"}
    report = check(*in_folder(tables, tmp_path / "shop"), profile=profile)
    assert amount(report, "accepted") == (3, Decimal(40))
    assert (
        report.sources[0]
        .joined[1]
        .startswith("c2.csv and c.csv as clients: 4 rows by Client, 1 of them without a line")
    )
    assert report.sources[0].notes == (
        "Not read, because the profile mine does not use it: notes.csv.",
    )


def test_lines_without_a_row_are_quarantined_and_orders_can_be_corrected(
    profile: str, tmp_path: Path
) -> None:
    # Order 9 is in no file (7), and K3 of order 3 is no client (4): 40 + 7 + 4 = 51.
    tables = {
        "a.csv": LINES + "9;TEA;1;7,00\n3;TEA;1;4,00\n",
        "b.csv": ORDERS + "3,03/01/2025,K3,paid\n",
        "c.csv": CLIENTS,
    }
    shop = tmp_path / "shop.duckdb"
    report = build(*in_folder(tables, tmp_path / "shop"), warehouse=shop, profile=profile)
    assert amount(report, "read") == (5, Decimal(51))
    assert amount(report, "quarantined") == (2, Decimal(11))
    assert report.reasons == {
        "orders has no row with the Order of this line.": 1,
        "clients has no row with the Client of this line.": 1,
    }
    # Order 3 stays, although only its country was filled in: without its client, it is no guest's.
    corrected = tmp_path / "corrected.csv"
    corrected.write_text(
        "quarantined_source_id,quarantined_row,Order,SKU,Qty,Price,orders.Order,Date,Client,"
        "clients.Client,Country\n"
        '1,5,9,TEA,1,"7,00",9,04/01/2025,K2,K2,Belgium\n'
        '1,6,3,TEA,1,"4,00",3,03/01/2025,K3,,Italy\n'
    )
    report = replay(corrected, warehouse=shop)
    assert amount(report, "accepted") == (1, Decimal(7))
    # Order 2 (15) was cancelled, and order 4 is new: 1 x 5 by K2.
    later = {
        "a1.csv": "Order;SKU;Qty;Price\n2;CUP;3;5,00\n",
        "a2.csv": "Order;SKU;Qty;Price\n4;CUP;1;5,00\n",
        "b.csv": "Order,Date,Client,Status\n2,14/01/2025,,cancelled\n4,15/01/2025,K2,paid\n",
        "c.csv": CLIENTS,
    }
    report = load(*in_folder(later, tmp_path / "later"), warehouse=shop, profile=profile)
    assert [source.name for source in report.sources] == ["a1.csv", "a2.csv"]
    assert (report.orders.new, report.orders.changed) == (1, 1)
    with open_warehouse(shop) as warehouse:
        [kpis] = warehouse.rows(warehouse.ask("kpis"))
    # 25 of order 1, 7 of order 9 and 5 of order 4.
    assert (kpis["net_sales"], kpis["orders"]) == (Decimal(37), 3)


def test_tables_can_be_joined_on_several_columns(tmp_path: Path) -> None:
    # Both shops have an order 1: N sold 2 x 10 to K1, S 5 to K2.
    both = '["orders.Order = lines.Order", "orders.Shop = lines.Shop"]'
    own = parsed(
        FILES.replace('"orders.Order = lines.Order"', both)
        + COLUMNS.replace('"Order"', '{ columns = ["Shop", "Order"] }')
    )
    tables = {
        "a.csv": "Shop;Order;SKU;Qty;Price\nN;1;TEA;2;10,00\nS;1;CUP;1;5,00\n",
        "b.csv": "Shop,Order,Date,Client\nN,1,31/12/2024,K1\nS,1,31/12/2024,K2\n",
        "c.csv": CLIENTS,
    }
    report = check(*in_folder(tables, tmp_path / "shop"), profile=own)
    buyers = [(line["order_id"], line["customer_id"]) for line in report.preview]
    assert buyers == [("N-1", "K1"), ("S-1", "K2")]
    assert report.sources[0].joined[0] == "b.csv as orders: 2 rows by Order and Shop"


def test_a_file_can_be_recognised_by_its_name() -> None:
    same = FILES.replace('["Client", "Country"]', '["Order", "Date", "Client"]\nfile = "*Kunden*"')
    files = present(parsed(same).files)
    columns = ["Order", "Date", "Client", "Country"]
    tables = [files.table_of(name, columns) for name in ("bestellungen.csv", "KUNDEN 2025.csv")]
    assert [present(table).name for table in tables] == ["orders", "clients"]


def parsed(text: str) -> Profile:
    return parse_profile("mine", text, source="mine.toml")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('table = "lines"', "", 'needs table = "…"'),
        ('columns = ["Order", "SKU", "Price"]', "", "needs the columns"),
        ("lines.Order", "items.Order", 'write on as "orders.column = lines.column"'),
        ("clients.Client =", "", 'write on as "clients.column = lines.column"'),
        ('table = "clients"', 'table = "orders"', 'two tables have the name "orders"'),
        ('["Client", "Country"]', '["Order", "Date"]', 'file = "*orders*"'),
        ('["Client", "Country"]', '["Client"]\nunmatched = "drop"', "one of: quarantine, keep"),
        ('["Client", "Country"]', '["Client"]\noptional = "no"', "must be true or false"),
        ("[[files.join]]", "[[files.joins]]", 'unknown "joins"'),
    ],
)
def test_a_malformed_section_is_explained(old: str, new: str, message: str) -> None:
    with pytest.raises(ProfileError) as error:
        parsed(FILES.replace(old, new))
    assert "[files]" in str(error.value)
    assert message in str(error.value)
