"""Dumps made by a real pg_dump, and truncated or malformed dumps."""

import gzip
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import ibis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.core.errors import MappingError, SourceError
from regulars.sources.open import open_sources
from regulars.sources.profiles.file_options import FileOptions
from regulars.sources.profiles.profile import load_profile
from regulars.sources.table import RawTable
from sources.conftest import Rows
from support.postgres import Postgres

COLUMNS = (
    "invoice_no", "stock_code", "Description, \"long\"", "quantity", "invoice_date", "unit_price",
    "customer_id", "is_gift",
)  # fmt: skip

TRICKY = [
    "plain", "", " padded ", "tab\there", "line\nend", "windows\r\nend", "\n", "\\N", "\\", "\\\\N",
    "\\n", "\\\\t", "back\\slash", "it's", "''", "'", '7" plate', '"quoted"', '"', '","', ";", ");",
    "a;\n", "'); INSERT INTO x VALUES ('1", "\\.",
    "line\n\\.\nend", "é ü £ 日本 🎁", "\b\f\v", "$$",
    "COPY t (a) FROM stdin;", "NULL", "(1, 2)", "-- no comment", "\u2028", "E'x'", "\x01\x1a", None,
]  # fmt: skip

FORMS = {
    "copy": (),
    "inserts": ("--inserts",),
    "column-inserts": ("--column-inserts",),
    "rows-per-insert": ("--rows-per-insert=7",),
    "on-conflict": ("--inserts", "--on-conflict-do-nothing"),
    "on-conflict-many": ("--rows-per-insert=3", "--on-conflict-do-nothing"),
    "data-only": ("--data-only",),
    "latin": ("--encoding=WIN1252", "--exclude-table=shop.lines"),
}


def literal(text: str | None) -> str:
    if text is None:
        return "NULL"
    codes = "".join(f"\\{ord(c):04X}" if ord(c) < 65536 else f"\\+{ord(c):06X}" for c in text)
    return f"U&'{codes}'"


@pytest.fixture(scope="session")
def shop(postgres: Postgres) -> Postgres:
    """Sales with tricky texts, other tables, and a function whose body contains INSERT."""
    values = ",".join(
        f"('A{n}', 'B', {literal(text)}, {n - 3}, '2010-01-02 03:04:00', {n}.25, NULL, {n % 2 > 0})"
        for n, text in enumerate(TRICKY)
    )
    postgres.run(
        "CREATE SCHEMA shop; CREATE TABLE shop.lines (invoice_no text, stock_code text, "
        '"Description, ""long""" text, quantity integer, invoice_date timestamp, '
        "unit_price numeric(10, 2) DEFAULT (1 + 1), customer_id integer, is_gift boolean, "
        "CONSTRAINT positive CHECK (unit_price >= 0), PRIMARY KEY (invoice_no));"
        f"INSERT INTO shop.lines VALUES {values};"
    )
    postgres.run(
        'CREATE TABLE public."Other; Table" (id integer, note text, invoice_no text);'
        "INSERT INTO \"Other; Table\" VALUES (1, 'é £ €', 'x'), (2, NULL, 'it''s');"
        "CREATE TABLE public.nothing (invoice_no text);"
    )
    postgres.run(
        "CREATE FUNCTION public.add_line() RETURNS void LANGUAGE sql AS $body$\n"
        "INSERT INTO shop.lines VALUES ('no', 'data');\nCOPY shop.lines (a) FROM stdin;\n$body$;"
    )
    return postgres


@pytest.mark.parametrize("form", [form for form in FORMS if form not in ("data-only", "latin")])
@pytest.mark.parametrize("zipped", [False, True], ids=["plain", "gzip"])
def test_every_dump_option_preserves_every_text(
    shop: Postgres,
    open_one: Callable[..., RawTable],
    rows_of: Callable[[ibis.Table], Rows],
    tmp_path: Path,
    form: str,
    zipped: bool,
) -> None:
    path = shop.dump(tmp_path / "dump.sql", *FORMS[form])
    if zipped:
        path = tmp_path / "dump.sql.gz"
        path.write_bytes(gzip.compress((tmp_path / "dump.sql").read_bytes()))
    raw = open_one(path)
    assert (raw.name, raw.columns) == (f"{path.name}: shop.lines", COLUMNS)
    assert (raw.rows, raw.first_row, raw.has_row_numbers) == (len(TRICKY), 1, False)
    assert (raw.rejected, raw.exact_reader) == (None, None)
    yes, no = ("t", "f") if form == "copy" else ("true", "false")
    assert rows_of(raw.table) == [
        (
            f"A{n}",
            "B",
            text,
            str(n - 3),
            "2010-01-02 03:04:00",
            f"{n}.25",
            None,
            yes if n % 2 else no,
        )
        for n, text in enumerate(TRICKY)
    ]


@pytest.mark.parametrize("option", ["--format=custom", "--format=tar"])
def test_a_dump_in_custom_or_tar_format_is_read_like_its_sql(
    shop: Postgres,
    open_one: Callable[..., RawTable],
    rows_of: Callable[[ibis.Table], Rows],
    tmp_path: Path,
    option: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", str(shop.bin))
    raw = open_one(shop.dump(tmp_path / "shop.dump", option))
    plain = open_one(shop.dump(tmp_path / "shop.sql"))
    assert (raw.name, raw.columns) == ("shop.dump: shop.lines", COLUMNS)
    assert rows_of(raw.table) == rows_of(plain.table)
    content = (tmp_path / "shop.dump").read_bytes()
    (tmp_path / "cut.dump").write_bytes(content[: len(content) // 2])
    with pytest.raises(SourceError, match=r"cut\.dump (cannot be read|is cut short)"):
        open_one(tmp_path / "cut.dump")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SourceError, match=r"pg_restore -f shop\.sql"):
        open_one(tmp_path / "shop.dump")


@pytest.mark.parametrize("name", ["shop.lines", "lines", "Other; Table", "public.Other; Table"])
def test_a_table_can_be_chosen_with_or_without_its_schema(
    shop: Postgres,
    open_one: Callable[..., RawTable],
    rows_of: Callable[[ibis.Table], Rows],
    tmp_path: Path,
    name: str,
) -> None:
    raw = open_one(shop.dump(tmp_path / "dump.sql"), table=name)
    assert raw.name.removeprefix("dump.sql: ") in ("shop.lines", "Other; Table")
    assert raw.name.endswith(name.removeprefix("public."))
    if "Other" in name:
        assert raw.columns == ("id", "note", "invoice_no")
        assert rows_of(raw.table) == [("1", "é £ €", "x"), ("2", None, "it's")]


@pytest.mark.parametrize("form", [(), ("--inserts",)], ids=["copy", "inserts"])
def test_a_dump_is_read_in_its_encoding(
    shop: Postgres,
    open_one: Callable[..., RawTable],
    rows_of: Callable[[ibis.Table], Rows],
    tmp_path: Path,
    form: tuple[str, ...],
) -> None:
    path = shop.dump(tmp_path / "dump.sql", *FORMS["latin"], *form)
    assert "é £ €".encode("cp1252") in path.read_bytes()
    raw = open_one(path, table="Other; Table")
    assert rows_of(raw.table)[0] == ("1", "é £ €", "x")


def test_windows_line_ends_change_nothing(
    shop: Postgres,
    open_one: Callable[..., RawTable],
    rows_of: Callable[[ibis.Table], Rows],
    tmp_path: Path,
) -> None:
    for form in ("copy", "inserts"):
        path = shop.dump(tmp_path / f"{form}.sql", *FORMS[form])
        unix = rows_of(open_one(path).table)
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
        assert rows_of(open_one(path).table) == unix


def test_a_data_only_dump_has_its_columns_from_copy(
    shop: Postgres, open_one: Callable[..., RawTable], tmp_path: Path
) -> None:
    assert open_one(shop.dump(tmp_path / "dump.sql", "--data-only")).columns == COLUMNS


def test_inserts_without_column_names_are_an_error(
    shop: Postgres, open_one: Callable[..., RawTable], tmp_path: Path
) -> None:
    path = shop.dump(tmp_path / "dump.sql", "--data-only", "--inserts")
    with pytest.raises(SourceError, match=r"does not name the columns of"):
        open_one(path)


def test_a_table_not_in_the_dump_is_an_error_with_the_closest_name(
    shop: Postgres, open_one: Callable[..., RawTable], tmp_path: Path
) -> None:
    path = shop.dump(tmp_path / "dump.sql")
    with pytest.raises(SourceError, match=r'no table "shop.line" with rows\. Did you mean "shop'):
        open_one(path, table="shop.line")
    with pytest.raises(SourceError, match=r'has no table "nothing" with rows'):
        open_one(path, table="nothing")


def test_a_schema_only_dump_is_an_error(
    shop: Postgres, open_one: Callable[..., RawTable], tmp_path: Path
) -> None:
    path = shop.dump(tmp_path / "dump.sql", "--schema-only")
    with pytest.raises(SourceError, match=r"dump\.sql has no rows\. .*--schema-only"):
        open_one(path)


HEAD = "--\n-- PostgreSQL database dump\n--\n\n"
NAMES = "invoice_no, stock_code, quantity, invoice_date, unit_price, customer_id"
COPY = "COPY {} (" + NAMES + ") FROM stdin;\n"
LINE = "A1\tB\t1\t2010-01-02\t2.5\t\\N\n"


def test_several_tables_of_sales_are_an_error_with_their_names(
    write_file: Callable[[str, str | bytes], Path], open_one: Callable[..., RawTable]
) -> None:
    block = COPY + LINE + "\\.\n"
    path = write_file("dump.sql", HEAD + block.format("public.a") + block.format("old.a"))
    with pytest.raises(SourceError) as caught:
        open_one(path)
    assert str(caught.value) == (
        "dump.sql has several tables that look like sales:\n  a  (1 row)\n  old.a  (1 row)\n"
        'Choose one with --table, or in a profile:\n  [file]\n  table = "a"'
    )
    assert open_one(path, table="public.a").name == "dump.sql: a"
    assert open_one(path, table="old.a").name == "dump.sql: old.a"


def test_without_a_table_of_sales_the_error_lists_the_tables(
    write_file: Callable[[str, str | bytes], Path], open_one: Callable[..., RawTable]
) -> None:
    block = "COPY {} (invoice_no) FROM stdin;\nA1\n\\.\n"
    with pytest.raises(SourceError, match=r"no table that looks like sales.*\n  a  \(1 row\)"):
        open_one(write_file("dump.sql", HEAD + block.format("a") + block.format("b")))
    with pytest.raises(MappingError, match=r"^dump\.sql: a has no column for"):
        open_one(write_file("dump.sql", HEAD + block.format("a")))


def test_a_profile_decides_which_table_looks_like_sales(
    write_file: Callable[[str, str | bytes], Path], open_one: Callable[..., RawTable]
) -> None:
    names = ["order_id", "ordered_at", "customer_id", "product_id", "quantity", "unit_price"]
    theirs = [f"{name[0]}{n}" for n, name in enumerate(names)]
    lines = [f'{name} = "{their}"' for name, their in zip(names, theirs, strict=True)]
    profile = load_profile(str(write_file("shop.toml", "[columns]\n" + "\n".join(lines))))
    dump = HEAD + f"COPY t ({', '.join(theirs)}) FROM stdin;\n{LINE}\\.\n"
    assert open_one(write_file("dump.sql", dump), chosen=profile).rows == 1


@pytest.mark.parametrize(
    "rest",
    [COPY.format("t") + LINE, COPY.format("t") + LINE + "A1\tB", "INSERT INTO t (a, b) VALUES ('x"],
)
def test_a_dump_that_ends_inside_a_table_is_an_error(
    write_file: Callable[[str, str | bytes], Path], open_one: Callable[..., RawTable], rest: str
) -> None:
    for name, content in (
        ("dump.sql", HEAD + rest),
        ("d.sql.gz", gzip.compress((HEAD + rest).encode())),
    ):
        with pytest.raises(SourceError, match=f"{name} is cut short: it ends inside table t"):
            open_one(write_file(name, content))


def test_a_truncated_gzip_dump_is_an_error(
    write_file: Callable[[str, str | bytes], Path], open_one: Callable[..., RawTable]
) -> None:
    content = gzip.compress((HEAD + COPY.format("t") + LINE * 50_000 + "\\.\n").encode())
    with pytest.raises(SourceError, match=r"dump\.sql\.gz is damaged or cut short"):
        open_one(write_file("dump.sql.gz", content[: len(content) // 2]))


def test_a_wrong_number_of_values_is_an_error(
    write_file: Callable[[str, str | bytes], Path], open_one: Callable[..., RawTable]
) -> None:
    path = write_file("dump.sql", HEAD + "INSERT INTO t (a, b) VALUES (1, 2, 3);\n")
    with pytest.raises(SourceError, match="t has 2 columns, but an INSERT has 3 values"):
        open_one(path, table="t")


def test_a_dump_not_in_its_declared_encoding_is_an_error(
    write_file: Callable[[str, str | bytes], Path], open_one: Callable[..., RawTable]
) -> None:
    for declared in ("UTF8", "SQL_ASCII", "KLINGON", "WIN1252"):
        body = f"SET client_encoding = '{declared}';\n{COPY.format('t')}".encode()
        line = LINE.encode().replace(b"B", b"\x81")
        path = write_file("dump.sql", HEAD.encode() + body + line + b"\\.\n")
        with pytest.raises(SourceError, match=f"declares the encoding {declared} but cannot"):
            open_one(path)


def test_escapes_in_an_insert_are_read_as_in_postgresql(
    write_file: Callable[[str, str | bytes], Path],
    open_one: Callable[..., RawTable],
    rows_of: Callable[[ibis.Table], Rows],
) -> None:
    values = r"(E'a\\b\n''c', '\n', -1.5e-7), (NULL, 'NULL', true)"
    path = write_file("dump.sql", HEAD + f"INSERT INTO t (a, b, c) VALUES {values};")
    assert rows_of(open_one(path, table="t").table) == [
        ("a\\b\n'c", "\\n", "-1.5e-7"),
        (None, "NULL", "true"),
    ]


def test_rows_with_line_breaks_stay_in_order(
    write_file: Callable[[str, str | bytes], Path],
    open_one: Callable[..., RawTable],
    rows_of: Callable[[ibis.Table], Rows],
) -> None:
    lines = "".join(LINE.replace("B", f"{n}\\n\\t") for n in range(60_000))
    raw = open_one(write_file("dump.sql", HEAD + COPY.format("t") + lines + "\\.\n"))
    assert raw.rows == 60_000
    assert [row[1] for row in rows_of(raw.table)] == [f"{n}\n\t" for n in range(60_000)]


def test_empty_texts_in_a_table_of_one_column_are_rows(
    write_file: Callable[[str, str | bytes], Path],
    open_one: Callable[..., RawTable],
    rows_of: Callable[[ibis.Table], Rows],
) -> None:
    path = write_file("dump.sql", HEAD + "COPY t (a) FROM stdin;\nx\n\n\\N\ny\n\\.\n")
    assert rows_of(open_one(path, table="t").table) == [("x",), ("",), (None,), ("y",)]


ESCAPES = {
    "\\": "\\\\",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
}
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=9)


cells = st.none() | texts | st.text('\\N\n\t"', max_size=6)


@settings(max_examples=100, deadline=None)
@given(rows=st.lists(st.tuples(cells, cells), min_size=1))
def test_any_text_escaped_by_copy_reads_back(
    con: ibis.BaseBackend,
    rows_of: Callable[[ibis.Table], Rows],
    rows: list[tuple[str | None, str | None]],
) -> None:
    def escaped(text: str | None) -> str:
        return "\\N" if text is None else "".join(ESCAPES.get(c, c) for c in text)

    lines = "".join("\t".join(map(escaped, row)) + "\n" for row in rows)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "dump.sql"
        path.write_bytes(f"{HEAD}COPY t (a, b) FROM stdin;\n{lines}\\.\n".encode())
        file = FileOptions(table="t")
        (raw,) = open_sources(con, [str(path)], file=file, chosen=None, workdir=Path(folder))
        assert raw.rows == len(rows)
        assert rows_of(raw.table) == rows
