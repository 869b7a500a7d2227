"""Files handed in on the page: shown, put right, and loaded by those who may, once they say so."""

import tempfile
import tomllib
from pathlib import Path
from threading import Barrier, Thread

import duckdb
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

import regulars
from regulars.core.errors import InputError
from regulars.core.settings import Settings
from regulars.insights.html import fragments
from regulars.web.auth.current_user import Visitor
from regulars.web.dashboard.uploads import sections
from regulars.web.dashboard.uploads.preview import (
    Look,
    Upload,
    correction,
    file_name,
    laid_down,
    look_at,
    mapping_of,
    take_in,
)
from regulars.web.roles import Role
from support.browser import (
    LEVEL_AA,
    build_small_shop,
    headline_figures,
    log_in,
    search_options,
    wait_until_idle,
)
from support.dashboard_server import WebClient, rerun_until, run_dashboard, write_users
from support.small_shop import SHOP

ADAM = Visitor("adam", Role.ADMIN)
HEADING = SHOP.splitlines()[0]
APRIL = f"""{HEADING}
2001,2024-04-11 12:00:00,Zed,T1,Tea,Drinks,Tea,1,1000.00,0,UK,paid
2003,yesterday,Bob,T1,Tea,Drinks,Tea,1,10.00,0,UK,paid
1023,2024-04-10 09:00:00,Bob,M1,Mug,Drinks,Cups,2,5.00,0,UK,paid
"""
"""An order of 1,000 that is new, one with a date that is none, and one of 5 that is 10 now."""

ODD = """Ref,When,Buyer,What,N,Each,Before
A1,2024-04-11,Zed,Tea,1,10.00,12.00
A2,2024-04-11,Yan,Hat,2,20.00,21.00
"""
CHOSEN = {
    "order_id": "Ref", "ordered_at": "When", "customer_id": "Buyer", "product_name": "What",
    "quantity": "N", "unit_price": "Each",
}  # fmt: skip
NASTY = "<img src=x onerror=alert(1)>"


def look(*files, profile="", visitor=ADAM):
    given = [Upload(name, text.encode()) for name, text in files]
    return look_at(visitor, given, profile, Settings())


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A dashboard with a user for each role, over a shop into which each test loads its own."""
    folder = build_small_shop(tmp_path_factory.mktemp("upload"))
    write_users(folder)
    (folder / "tmp").mkdir()
    with pytest.MonkeyPatch.context() as told:
        told.setenv("TMPDIR", str(folder / "tmp"))
        with run_dashboard(folder) as one:
            yield one


def loads(folder):
    with duckdb.connect(str(folder / "shop.duckdb"), read_only=True) as con:
        return con.execute("SELECT count(*) FROM loads").fetchone()[0]


def drop(page, name, text):
    file = {"name": name, "mimeType": "text/csv", "buffer": text.encode()}
    page.locator("input[type=file]").set_input_files([file])


@pytest.fixture
def adams(shop, open_page):
    """The page of uploads, as adam sees it."""
    opened = open_page(f"{shop.address}upload")
    log_in(opened.page, "adam")
    expect(opened.page.get_by_text("Drop the shop's files here")).to_be_visible(timeout=60_000)
    return opened


def test_bad_rows_are_shown_and_only_what_is_confirmed_is_loaded_and_seen(shop, adams, open_page):
    page, before = adams.page, loads(shop.folder)
    drop(page, "april.csv", APRIL)
    expect(page.get_by_text("2 of 3 rows can be loaded")).to_be_visible(timeout=30_000)
    wait_until_idle(page)
    expect(page.get_by_text("Order Date: yesterday")).to_be_visible()
    expect(page.get_by_role("row", name="Customer Customer ID")).to_be_visible()
    found = Axe().run(page, options=LEVEL_AA).response
    assert [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]] == []
    assert loads(shop.folder) == before
    page.get_by_role("button", name="Load 2 rows").click()
    expect(page.get_by_text("Orders: 1 new, 1 changed")).to_be_visible(timeout=60_000)
    assert loads(shop.folder) == before + 1
    assert not list((shop.folder / "tmp").glob("regulars-upload-*"))
    with duckdb.connect(str(shop.folder / "shop.duckdb"), read_only=True) as con:
        [(net,)] = con.execute(
            "SELECT sum(net_amount) FROM fact_sales WHERE kind IN ('sale', 'return')"
        ).fetchall()
    page.goto(f"{shop.address}?period=All+of+the+data")
    assert headline_figures(page)["Net sales"] == f"{net:,.2f}"


def test_columns_nobody_knows_are_chosen_by_hand_and_the_choice_is_kept(shop, adams, tmp_path):
    page, before = adams.page, loads(shop.folder)
    drop(page, "odd.csv", ODD)
    expect(page.get_by_text("odd.csv has no column for the order")).to_be_visible(timeout=30_000)
    for label, theirs in (
        ("Order *", "Ref"), ("Order date *", "When"), ("Product name", "What"), ("Quantity *", "N")
    ):  # fmt: skip
        page.get_by_role("combobox", name=label).click()
        page.get_by_role("option", name=theirs, exact=True).click()
    page.get_by_role("button", name="Look again").click()
    expect(page.get_by_text("2 of 2 rows can be loaded")).to_be_visible(timeout=30_000)
    with page.expect_download() as taken:
        page.get_by_role("button", name="Keep this mapping").click()
    told = tomllib.loads(taken.value.path().read_text("utf-8"))["columns"]
    assert {ours: theirs for ours, theirs in told.items() if theirs} == CHOSEN
    (tmp_path / "odd.csv").write_text(ODD, "utf-8")
    (tmp_path / "kept.toml").write_text(taken.value.path().read_text("utf-8"), "utf-8")
    again = regulars.check(tmp_path / "odd.csv", profile=str(tmp_path / "kept.toml"))
    assert again.sources[0].mapping.columns == CHOSEN
    assert loads(shop.folder) == before


def test_a_nasty_file_does_nothing(adams):
    page, dialogs = adams.page, []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    rows = APRIL.replace("Zed", NASTY).replace("yesterday", f"{NASTY} **now** :red[x]")
    drop(page, f"{NASTY}.csv", rows.replace("Status", f"{NASTY} **Status**", 1))
    expect(page.get_by_text("2 of 3 rows can be loaded")).to_be_visible(timeout=30_000)
    wait_until_idle(page).get_by_text("Put right how it is read").click()
    assert (
        f"{NASTY} **Status**"
        in search_options(page, "State of the order", "Status").all_inner_texts()
    )
    expect(page.get_by_text(f"Order Date: {NASTY} **now** :red[x]")).to_be_visible()
    assert page.locator("img[src=x]").count() == 0
    assert dialogs == []


@pytest.mark.parametrize(
    ("name", "may_load"), [("vera", False), ("anna", False), ("eric", False), ("adam", True)]
)
def test_who_may_not_load_is_sent_no_such_page(shop, name, may_load):
    told = "Drop the shop's files here" if may_load else "This page is for admins"
    with WebClient(shop.address).logged_in(name).stream() as stream:
        sent = rerun_until(stream, told, page="upload")
    assert (b"Drop the shop's files here" in sent) == may_load


def test_the_first_files_make_a_warehouse_where_there_is_none(tmp_path, open_page):
    with run_dashboard(tmp_path) as one:
        page = open_page(one.address).page
        expect(page.get_by_text("There is no warehouse yet")).to_be_visible(timeout=30_000)
        drop(page, "shop.csv", SHOP)
        page.get_by_role("button", name="Load 30 rows").click(timeout=30_000)
        expect(page.get_by_text("The warehouse is built: 30 lines")).to_be_visible(timeout=60_000)
        expect(page.get_by_role("link", name="Sales")).to_be_visible()


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ANALYST, Role.EXPORTER])
def test_the_functions_behind_the_page_refuse_who_may_not_load(tmp_path, role):
    somebody = Visitor("somebody", role)
    with pytest.raises(InputError, match="Only an admin"):
        look(("april.csv", APRIL), visitor=somebody)
    with pytest.raises(InputError, match="Only an admin"):
        take_in(somebody, [], "", str(tmp_path / "shop.duckdb"), Settings())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "holiday.xlsx is empty"),
        (b"%PDF-1.4\0", "holiday.xlsx is no Excel workbook that can be read"),
        (b"PK\x03\x04 and no more", "holiday.xlsx cannot be read as an Excel workbook"),
        (b"PGDMP", "pg_restore -f holiday.sql holiday.xlsx"),
        (HEADING.encode(), "There is a heading but no rows in holiday.xlsx"),
    ],
)
def test_what_is_no_table_is_told_in_words_by_its_own_name(content, words):
    seen = look_at(ADAM, [Upload("holiday.xlsx", content)], "", Settings())
    assert seen.report is None
    assert words in seen.why_none
    assert tempfile.gettempdir() not in seen.why_none


def test_every_row_of_several_files_is_accounted_for(tmp_path):
    seen = look(("april.csv", APRIL), ("april.csv", SHOP))
    [balance, *_] = sections.verdict(seen.report, "").parts
    told = {row[0].text: row[1].text for row in balance.rows}
    # 1023 stands in both: the later file's line replaces the first one's.
    assert (told["Read"], told["Accounted for"]) == ("33", "33")
    assert (told["Quarantined"], told["Superseded"]) == ("1", "1")
    assert sorted(source.name for source in seen.report.sources) == ["april (2).csv", "april.csv"]


def test_a_date_that_can_be_read_in_two_ways_is_read_as_chosen():
    rows = f"{HEADING}\n1,03/04/2024,Ann,T1,Tea,Drinks,Tea,1,1,0,UK,paid\n"
    seen = look(("april.csv", rows))
    assert "day first or month first" in seen.why_none
    assert "profile" not in seen.why_none
    chosen = correction(seen, "", mapping_of(seen, ""), {"dates": "month-first"})
    assert look(("april.csv", rows), profile=chosen).report.sources[0].read_as.dates == (
        "month-first"
    )


def test_a_column_that_was_taken_wrongly_is_left_out():
    seen = look(("odd.csv", ODD.replace("Before", "Discount")))
    chosen = correction(seen, "", CHOSEN, {})
    again = look(("odd.csv", ODD.replace("Before", "Discount")), profile=chosen)
    assert "discount" not in again.report.sources[0].mapping.columns


def test_a_correction_keeps_what_the_recognised_shape_knows():
    orders = """Name,Created at,Email,Lineitem sku,Lineitem name,Lineitem quantity,Lineitem price,\
Lineitem discount,Shipping Country,Cancelled at
#1,2024-04-11 12:00:00 +0000,ann@shop.example,T1,Tea,1,10.00,0,UK,
#1,2024-04-11 12:00:00 +0000,,G1,Gift Card 10,1,10.00,0,,
"""
    seen = look(("orders.csv", orders))
    before = seen.report
    chosen = correction(seen, "", mapping_of(seen, ""), {})
    after = look(("orders.csv", orders), profile=chosen).report
    for kind in ("sale", "voucher"):
        assert after.total("accepted", kind) == before.total("accepted", kind)
    assert after.total("accepted", "voucher")[0] == 1


def test_files_of_two_shapes_are_put_right_one_by_one():
    assert look(("april.csv", APRIL), ("odd.csv", ODD)).heading == ()
    assert look(("a.csv", APRIL), ("b.csv", SHOP)).heading == tuple(HEADING.split(","))


def test_of_two_who_build_at_once_the_second_loads_into_what_the_first_built(tmp_path):
    place, together = str(tmp_path / "shop.duckdb"), Barrier(2)
    heading, *rows = SHOP.splitlines()

    def build(number):
        text = "\n".join([heading, *(rows[:9], rows[9:])[number]]).encode()
        together.wait(60)
        take_in(ADAM, [Upload(f"{number}.csv", text)], "", place, Settings())

    both = [Thread(target=build, args=[number]) for number in (0, 1)]
    for one in both:
        one.start()
    for one in both:
        one.join(60)
    assert loads(tmp_path) == 2
    with regulars.open_warehouse(place) as shop:
        [kpis] = shop.rows(shop.ask("kpis"))
    assert kpis["net_sales"] == 360


def test_a_warehouse_writes_down_names_and_no_folder_of_ours(tmp_path):
    place = str(tmp_path / "shop.duckdb")
    chosen = correction(Look({"odd.csv": ODD.splitlines()[0].split(",")}), "", CHOSEN, {})
    take_in(ADAM, [Upload("C:\\sales\\odd.csv", ODD.encode())], chosen, place, Settings())
    with duckdb.connect(place, read_only=True) as con:
        told = con.execute("SELECT name, profile, profile_from FROM load_sources").fetchall()
    assert told == [("odd.csv", "corrected", "corrected.toml")]


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("../../etc/passwd", "passwd"), ("C:\\sales\\may.csv", "may.csv"), ("..", "file"),
        ("", "file"), ("a\0\n.csv", "a.csv"), ("*.csv", "*.csv"), ("ä" * 300 + ".csv",
        "ä" * 75 + ".csv"),
    ],
)  # fmt: skip
def test_a_name_that_a_browser_tells_is_that_of_a_file_and_of_no_folder(told, name):
    assert file_name(told) == name
    with laid_down([Upload(told, b"x")]) as [path]:
        folder = path.parent
        assert path.read_bytes() == b"x"
        assert folder.stat().st_mode & 0o077 == 0
    assert not folder.exists()


def test_nothing_in_a_file_becomes_html():
    seen = look(
        (f"{NASTY}.csv", APRIL.replace("yesterday", NASTY).replace("Status", f"Status{NASTY}"))
    )
    report = seen.report
    drawn = (sections.verdict(report, ""), sections.set_aside(report),
                sections.understood(report))  # fmt: skip
    shown = "".join(map(fragments.section, drawn))
    assert "<img" not in shown
    assert shown.count("&lt;img src=x onerror=alert(1)&gt;") >= 3


def test_a_choice_with_any_sign_in_it_comes_back_as_it_was():
    names = ['say "so"', "a\\b", "tab\there", "del\x7f", "日本 🎩", "new\nline"]
    chosen = correction(Look({"x": names}), "", dict(zip(CHOSEN, names, strict=False)), {})
    there = {ours: theirs for ours, theirs in tomllib.loads(chosen)["columns"].items() if theirs}
    assert there == dict(zip(CHOSEN, names, strict=False))


def test_files_are_gone_when_looking_at_them_fails(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert look(("holiday.csv", "no table")).report is None
    assert list(Path(tmp_path).iterdir()) == []
