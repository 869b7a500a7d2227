"""Uploads: files are checked, corrected, and loaded by admins once they confirm."""

import re
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import duckdb
import pytest
from playwright.sync_api import FilePayload, Page, expect

import regulars
from regulars.core.errors import InputError
from regulars.core.settings import Settings
from regulars.insights.html import fragments
from regulars.web.auth.current_user import CurrentUser
from regulars.web.dashboard.uploads import sections
from regulars.web.dashboard.uploads.changes import check_rows, load_rows, undo_load
from regulars.web.dashboard.uploads.corrections import Answers, corrected_profile
from regulars.web.dashboard.uploads.preview import (
    UploadCheck,
    UploadedFile,
    check_upload,
    file_name,
    load_upload,
    temporary_files,
)
from regulars.web.roles import Role
from support.browser import (
    PageLog,
    build_small_shop,
    choose_option,
    headline_figures,
    log_in,
    options_of,
    violations,
    wait_until_idle,
)
from support.dashboard_server import (
    DashboardProcess,
    WebClient,
    rerun_until,
    run_dashboard,
    write_users,
)
from support.present import present
from support.sections import table_of
from support.small_shop import SHOP

ADAM = CurrentUser("adam", Role.ADMIN)
HEADER = SHOP.splitlines()[0]
APRIL = f"""{HEADER}
2001,2024-04-11 12:00:00,Zed,T1,Tea,Drinks,Tea,1,1000.00,0,UK,paid
2003,yesterday,Bob,T1,Tea,Drinks,Tea,1,10.00,0,UK,paid
1023,2024-04-10 09:00:00,Bob,M1,Mug,Drinks,Cups,2,5.00,0,UK,paid
"""
"""A new order of 1,000, an order without a valid date, and an order of 5 that is 10 now."""

ODD = """Ref,When,Buyer,What,N,Each,Before
A1,2024-04-11,Zed,Tea,1,10.00,12.00
A2,2024-04-11,Yan,Hat,2,20.00,21.00
"""
MAPPING = {
    "order_id": "Ref", "ordered_at": "When", "customer_id": "Buyer", "product_name": "What",
    "quantity": "N", "unit_price": "Each",
}  # fmt: skip
ANSWERS: Answers = {("columns", ours): theirs for ours, theirs in MAPPING.items()}
NASTY = "<img src=x onerror=alert(1)>"


def check(*files: tuple[str, str], profile: str = "", user: CurrentUser = ADAM) -> UploadCheck:
    uploaded = [UploadedFile(name, text.encode()) for name, text in files]
    return check_upload(user, uploaded, profile, Settings())


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DashboardProcess]:
    """A dashboard with a user for each role, over a shop into which tests load files."""
    folder = build_small_shop(tmp_path_factory.mktemp("upload"))
    write_users(folder)
    (folder / "tmp").mkdir()
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("TMPDIR", str(folder / "tmp"))
        with run_dashboard(folder) as server:
            yield server


def loads(folder: Path) -> int:
    with duckdb.connect(str(folder / "shop.duckdb"), read_only=True) as con:
        [(count,)] = con.execute("SELECT count(*) FROM loads").fetchall()
    return int(count)


def drop(page: Page, name: str, text: str) -> None:
    file = FilePayload(name=name, mimeType="text/csv", buffer=text.encode())
    page.locator("input[type=file]").set_input_files([file])


@pytest.fixture
def upload_page(shop: DashboardProcess, open_page: Callable[..., PageLog]) -> Page:
    """The UploadedFile page, opened by an admin."""
    page = open_page(f"{shop.address}upload").page
    log_in(page, "adam")
    expect(page.get_by_text("Sales files (CSV")).to_be_visible(timeout=60_000)
    return page


def test_upload_shows_bad_rows_and_loads_on_confirmation(
    shop: DashboardProcess, upload_page: Page
) -> None:
    page, before = upload_page, loads(shop.folder)
    drop(page, "april.csv", APRIL)
    expect(page.get_by_text("2 of 3 rows can be loaded")).to_be_visible(timeout=30_000)
    wait_until_idle(page)
    expect(page.get_by_text("Order Date: yesterday")).to_be_visible()
    expect(page.get_by_role("row", name="Customer Customer ID")).to_be_visible()
    assert violations(page) == []
    assert loads(shop.folder) == before
    page.get_by_role("button", name="Load 2 rows").click()
    expect(page.get_by_text("Orders: 1 new, 1 changed")).to_be_visible(timeout=60_000)
    assert loads(shop.folder) == before + 1
    latest = page.get_by_role("row", name=f"april.csv Load {before + 1}")
    undo = latest.get_by_role("button", name=f"Undo load {before + 1}")
    expect(undo).to_be_visible(timeout=30_000)
    assert not list((shop.folder / "tmp").glob("regulars-upload-*"))
    with duckdb.connect(str(shop.folder / "shop.duckdb"), read_only=True) as con:
        [(net,)] = con.execute(
            "SELECT sum(net_amount) FROM fact_sales WHERE kind IN ('sale', 'return')"
        ).fetchall()
    page.goto(f"{shop.address}?period=All+data")
    assert headline_figures(page)["Net sales"] == f"{net:,.2f}"


def test_a_refused_file_is_corrected_with_clicks_and_the_profile_downloaded(
    shop: DashboardProcess, upload_page: Page, tmp_path: Path
) -> None:
    page, before = upload_page, loads(shop.folder)
    drop(page, "odd.csv", ODD)
    expect(page.get_by_text("odd.csv has no column for the order")).to_be_visible(timeout=30_000)
    expect(page.get_by_text("[columns]")).to_have_count(0)
    for label, theirs in (
        ("Order number *", "Ref"), ("Order date *", "When"), ("Product name", "What"),
        ("Quantity *", "N"), ("Unit price *", "Each"),
    ):  # fmt: skip
        # With a cell as an example: "Ref – A2".
        choose_option(page, label, re.compile(f"^{theirs} – "))
    page.get_by_role("button", name="Check again").click()
    expect(page.get_by_text("2 of 2 rows can be loaded")).to_be_visible(timeout=30_000)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download profile").click()
    assert download.value.suggested_filename == "odd.toml"
    profile = download.value.path().read_text("utf-8")
    columns = tomllib.loads(profile)["columns"]
    assert {ours: theirs for ours, theirs in columns.items() if theirs} == MAPPING
    (tmp_path / "odd.csv").write_text(ODD, "utf-8")
    (tmp_path / "saved.toml").write_text(profile, "utf-8")
    again = regulars.check(tmp_path / "odd.csv", profile=str(tmp_path / "saved.toml"))
    assert again.sources[0].mapping.columns == MAPPING
    assert loads(shop.folder) == before


def test_markup_in_a_file_is_shown_as_text(upload_page: Page) -> None:
    page, dialogs = upload_page, []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    rows = APRIL.replace("Zed", NASTY).replace("yesterday", f"{NASTY} **now** :red[x]")
    drop(page, f"{NASTY}.csv", rows.replace("Status", f"{NASTY} **Status**", 1))
    expect(page.get_by_text("2 of 3 rows can be loaded")).to_be_visible(timeout=30_000)
    wait_until_idle(page).get_by_text("Change how these files are read").click()
    assert f"{NASTY} **Status**" in options_of(page, "Order status", typed="Status")
    expect(page.get_by_text(f"Order Date: {NASTY} **now** :red[x]")).to_be_visible()
    assert page.locator("img[src=x]").count() == 0
    assert dialogs == []


@pytest.mark.parametrize(
    ("name", "may_load"), [("vera", False), ("anna", False), ("eric", False), ("adam", True)]
)
def test_only_admins_receive_the_upload_page(
    shop: DashboardProcess, name: str, may_load: bool
) -> None:
    text = "Sales files (CSV" if may_load else "Only admins can open this page"
    with WebClient(shop.address).logged_in(name).stream() as stream:
        received = rerun_until(stream, text, page="upload")
    assert (b"Sales files (CSV" in received) == may_load


def test_first_upload_builds_the_warehouse(
    tmp_path: Path, open_page: Callable[..., PageLog]
) -> None:
    with run_dashboard(tmp_path) as server:
        page = open_page(server.address).page
        expect(page.get_by_role("heading", name="No warehouse yet")).to_be_visible(timeout=30_000)
        drop(page, "shop.csv", SHOP)
        page.get_by_role("button", name="Load 30 rows").click(timeout=30_000)
        expect(page.get_by_text("Warehouse built with 30 lines")).to_be_visible(timeout=60_000)
        expect(page.get_by_role("link", name="Sales")).to_be_visible()


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ANALYST, Role.EXPORTER])
def test_functions_behind_the_page_refuse_other_roles(tmp_path: Path, role: Role) -> None:
    user = CurrentUser("someone", role)
    with pytest.raises(InputError, match="Only admins can load files"):
        check(("april.csv", APRIL), user=user)
    warehouse = str(tmp_path / "shop.duckdb")
    options: dict[str, Any] = {"warehouse": warehouse, "settings": Settings()}
    with pytest.raises(InputError, match="Only admins can load files"):
        load_upload(user, [], "", **options)
    with pytest.raises(InputError, match="Only admins can load files"):
        undo_load(user, 1, **options, progress=print)
    with pytest.raises(InputError, match="Only admins can load files"):
        check_rows(user, [], **options)
    with pytest.raises(InputError, match="Only admins can load files"):
        load_rows(user, [], **options, progress=print)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "holiday.xlsx is empty"),
        (b"%PDF-1.4\0", "holiday.xlsx is damaged or in a format that is not supported"),
        (b"PK\x03\x04 and no more", "holiday.xlsx cannot be read as an Excel workbook"),
        (b"PGDMP", "pg_restore -f holiday.sql holiday.xlsx"),
        (HEADER.encode(), "There is a header but no rows in holiday.xlsx"),
    ],
)
def test_error_names_the_uploaded_file(content: bytes, message: str) -> None:
    result = check_upload(ADAM, [UploadedFile("holiday.xlsx", content)], "", Settings())
    assert result.report is None
    assert message in result.error
    assert tempfile.gettempdir() not in result.error


def test_all_rows_of_several_files_are_accounted_for(tmp_path: Path) -> None:
    report = present(check(("april.csv", APRIL), ("april.csv", SHOP)).report)
    [balance, *_] = sections.check_result(report, "").parts
    counts = {row[0].text: row[1].text for row in table_of(balance).rows}
    # Order 1023 is in both files: the line of the later file counts.
    assert (counts["Read"], counts["Accounted for"]) == ("33", "33")
    assert (counts["Quarantined"], counts["Superseded"]) == ("1", "1")
    assert sorted(source.name for source in report.sources) == ["april (2).csv", "april.csv"]


def test_correction_preserves_the_recognised_profile() -> None:
    orders = """Name,Created at,Email,Lineitem sku,Lineitem name,Lineitem quantity,Lineitem price,\
Lineitem discount,Shipping Country,Cancelled at
#1,2024-04-11 12:00:00 +0000,ann@shop.example,T1,Tea,1,10.00,0,UK,
#1,2024-04-11 12:00:00 +0000,,G1,Gift Card 10,1,10.00,0,,
"""
    result = check(("orders.csv", orders))
    before = present(result.report)
    corrected = corrected_profile(result, "", {("columns", "location"): None})
    after = present(check(("orders.csv", orders), profile=corrected).report)
    for kind in ("sale", "voucher"):
        assert after.total("accepted", kind) == before.total("accepted", kind)
    assert after.total("accepted", "voucher")[0] == 1
    assert "location" not in after.sources[0].mapping.columns


def test_files_with_different_columns_have_no_common_header() -> None:
    assert check(("april.csv", APRIL), ("odd.csv", ODD)).header == ()
    assert check(("a.csv", APRIL), ("b.csv", SHOP)).header == tuple(HEADER.split(","))


def test_second_of_two_parallel_builds_loads_into_the_first(tmp_path: Path) -> None:
    warehouse, together = str(tmp_path / "shop.duckdb"), Barrier(2)
    header, *rows = SHOP.splitlines()

    def build(number: int) -> None:
        text = "\n".join([header, *(rows[:9], rows[9:])[number]]).encode()
        together.wait(60)
        files = [UploadedFile(f"{number}.csv", text)]
        load_upload(ADAM, files, "", warehouse=warehouse, settings=Settings())

    threads = [Thread(target=build, args=[number]) for number in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert loads(tmp_path) == 2
    with regulars.open_warehouse(warehouse) as shop:
        [kpis] = shop.rows(shop.ask("kpis"))
    assert kpis["net_sales"] == 360


def test_warehouse_records_file_names_without_folders(tmp_path: Path) -> None:
    warehouse = str(tmp_path / "shop.duckdb")
    header = ODD.splitlines()[0].split(",")
    corrected = corrected_profile(UploadCheck({"odd.csv": header}), "", ANSWERS)
    files = [UploadedFile("C:\\sales\\odd.csv", ODD.encode())]
    load_upload(ADAM, files, corrected, warehouse=warehouse, settings=Settings())
    with duckdb.connect(warehouse, read_only=True) as con:
        sources = con.execute("SELECT name, profile, profile_from FROM load_sources").fetchall()
    assert sources == [("odd.csv", "corrected", "corrected.toml")]


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("../../etc/passwd", "passwd"), ("C:\\sales\\may.csv", "may.csv"), ("..", "file"),
        ("", "file"), ("a\0\n.csv", "a.csv"), ("*.csv", "*.csv"), ("ä" * 300 + ".csv",
        "ä" * 75 + ".csv"),
    ],
)  # fmt: skip
def test_uploaded_name_becomes_a_plain_file_name(sent: str, name: str) -> None:
    assert file_name(sent) == name
    with temporary_files([UploadedFile(sent, b"x")]) as [path]:
        folder = path.parent
        assert path.read_bytes() == b"x"
        assert folder.stat().st_mode & 0o077 == 0
    assert not folder.exists()


def test_markup_in_a_file_is_escaped() -> None:
    result = check(
        (f"{NASTY}.csv", APRIL.replace("yesterday", NASTY).replace("Status", f"Status{NASTY}"))
    )
    report = present(result.report)
    shown = (sections.check_result(report, ""), sections.quarantine(report),
                sections.column_mapping(report))  # fmt: skip
    html = "".join(map(fragments.section, shown))
    assert "<img" not in html
    assert html.count("&lt;img src=x onerror=alert(1)&gt;") >= 3


def test_profile_preserves_all_characters_of_a_column_name() -> None:
    names = ['say "so"', "a\\b", "tab\there", "del\x7f", "日本 🎩", "new\nline"]
    answers = dict(zip(ANSWERS, names, strict=False))
    corrected = corrected_profile(UploadCheck({"x": names}), "", answers)
    columns = {
        ours: theirs for ours, theirs in tomllib.loads(corrected)["columns"].items() if theirs
    }
    assert columns == dict(zip(MAPPING, names, strict=False))


def test_failed_check_leaves_no_files_behind(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert check(("holiday.csv", "no table")).report is None
    assert list(Path(tmp_path).iterdir()) == []


def test_a_quarantined_row_is_corrected_on_the_page_and_its_load_undone(
    tmp_path: Path, open_page: Callable[..., PageLog]
) -> None:
    build_small_shop(tmp_path)
    (tmp_path / "april.csv").write_text(APRIL, "utf-8")
    regulars.load(tmp_path / "april.csv", warehouse=tmp_path / "shop.duckdb")
    with run_dashboard(tmp_path) as server:
        page = open_page(f"{server.address}upload").page
        expect(page.get_by_role("heading", name="1 row needs fixing")).to_be_visible(timeout=60_000)
        history = wait_until_idle(page).get_by_role("table")
        assert violations(page) == []
        type_into(page, row=0, column="Order Date", text="2024-04-09")
        page.get_by_role("button", name="Check again").click()
        expect(page.get_by_role("heading", name="1 of 1 row can be loaded")).to_be_visible(
            timeout=30_000
        )
        page.get_by_role("button", name="Load 1 corrected row").click()
        expect(page.get_by_text("Corrected rows (load 3)")).to_be_visible(timeout=60_000)
        expect(page.get_by_role("heading", name="Quarantine")).to_have_count(0, timeout=60_000)
        wait_until_idle(page)
        expect(history.last.get_by_role("row", name="Corrected rows")).to_be_visible()
        page.get_by_role("button", name="Undo load 2").click()
        dialog = wait_until_idle(page).get_by_role("dialog")
        expect(dialog.get_by_role("listitem")).to_have_text(
            ["1 order that it added will be removed", "1 order that it changed will be restored",
             "1 row that it quarantined will be removed"]
        )  # fmt: skip
        dialog.get_by_role("button", name="Undo load 2").click()
        expect(page.get_by_text("Undo of load 2 (load 4)")).to_be_visible(timeout=60_000)
        wait_until_idle(page)
        expect(history.last.get_by_role("row", name="april.csv")).to_contain_text("Undone.")
    with regulars.open_warehouse(tmp_path / "shop.duckdb") as shop:
        [kpis] = shop.rows(shop.ask("kpis"))
    assert kpis["net_sales"] == 360  # as before april.csv


def type_into(page: Page, *, row: int, column: str, text: str) -> None:
    """Replace the text of a cell in a data editor, with the keyboard once a cell is selected."""
    grid = page.get_by_test_id("stDataFrame")
    headers = grid.locator("th[role=columnheader]").all_text_contents()
    grid.locator(".dvn-scroller").click(position={"x": 20, "y": 50})
    for key in ["ArrowRight"] * headers.index(column) + ["ArrowDown"] * row:
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    page.locator("textarea.gdg-input").fill(text)
    page.keyboard.press("Enter")
