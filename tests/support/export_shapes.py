"""The same thirty orders, written in any of the shapes in which shops export their sales.

The orders and their figures do not depend on the shape. `Shape.random(seed)` chooses one from every
group of choices below; `write_export` writes the orders in it.
"""

import bz2
import csv
import gzip
import io
import json
import lzma
import random
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Self

import openpyxl

NOBODY = ""


@dataclass(frozen=True)
class Line:
    """A line of an order; `discount` is a fraction of the price."""

    order: str
    at: datetime
    customer: str
    product: str
    name: str
    quantity: int
    price: Decimal
    discount: Decimal
    status: str

    @property
    def gross(self) -> Decimal:
        return self.quantity * self.price

    @property
    def net(self) -> Decimal:
        return self.gross * (1 - self.discount)


def thirty_orders() -> list[Line]:
    """Return the lines of thirty orders of 2024: sales, returns, a cancelled order and guests."""
    chance = random.Random(30)
    goods = [(f"SKU-{n}", name, Decimal(price)) for n, (name, price) in enumerate((
        ("Green tea", "4.80"), ("Cup", "12.00"), ("Tea pot, blue", "38.40"), ("Kettle", "1240.00"),
        ("Tray", "22.40"), ("Spoon", "0.80"),
    ), start=101)]  # fmt: skip
    lines = []
    for number in range(30):
        at = datetime(2024, 1, 3, 9, 15) + timedelta(days=11 * number, minutes=37 * number)
        customer = NOBODY if number % 7 == 5 else f"c{number * 4 % 9 + 1}@shop.example"
        status = "cancelled" if number in (4, 17) else "paid"
        for code, name, price in chance.sample(goods, 1 + number % 3):
            quantity, discount = chance.choice((1, 1, 2, 3, 12)), chance.choice(("0", "0.25", "0"))
            lines.append(Line(f"R{1001 + number}", at, customer, code, name, quantity, price,
                              Decimal(discount), status))  # fmt: skip
        # A product comes back a week after. Within days, it would cancel an order of one piece.
        if number % 8 == 6 and status == "paid":
            bought = lines[-1]
            lines.append(Line(f"R{2001 + number}", at + timedelta(days=7), customer,
                              bought.product, bought.name, -1, bought.price, Decimal(0),
                              "paid"))  # fmt: skip
    return lines


LINES = thirty_orders()

HEADINGS: Mapping[str, Mapping[str, str]] = {
    "English": {
        "order": "Order number",
        "at": "Order date",
        "customer": "Customer email",
        "product": "SKU",
        "name": "Product name",
        "quantity": "Quantity",
        "price": "Unit price",
        "discount": "Discount",
        "total": "Line total",
        "status": "Order status",
        "currency": "Currency",
    },
    "Shop system": {
        "order": "order_id",
        "at": "created_at",
        "customer": "customer_id",
        "product": "product_id",
        "name": "product_name",
        "quantity": "qty",
        "price": "unit_price",
        "discount": "discount",
        "total": "line_total",
        "status": "status",
        "currency": "currency",
    },
    "German": {
        "order": "Bestellnummer",
        "at": "Bestelldatum",
        "customer": "Kundennummer",
        "product": "Artikelnummer",
        "name": "Bezeichnung",
        "quantity": "Menge",
        "price": "Einzelpreis",
        "discount": "Rabatt",
        "total": "Gesamtpreis",
        "status": "Status",
        "currency": "Währung",
    },
    "French": {
        "order": "Numéro de commande",
        "at": "Date de commande",
        "customer": "Client",
        "product": "Référence",
        "name": "Produit",
        "quantity": "Quantité",
        "price": "Prix unitaire",
        "discount": "Remise",
        "total": "Total ligne",
        "status": "Statut",
        "currency": "Devise",
    },
    "Spanish": {
        "order": "Número de pedido",
        "at": "Fecha del pedido",
        "customer": "Cliente",
        "product": "Referencia",
        "name": "Producto",
        "quantity": "Cantidad",
        "price": "Precio unitario",
        "discount": "Descuento",
        "total": "Total línea",
        "status": "Estado",
        "currency": "Moneda",
    },
    "Italian": {
        "order": "Numero ordine",
        "at": "Data ordine",
        "customer": "Cliente",
        "product": "Codice articolo",
        "name": "Prodotto",
        "quantity": "Quantità",
        "price": "Prezzo unitario",
        "discount": "Sconto",
        "total": "Totale riga",
        "status": "Stato",
        "currency": "Valuta",
    },
    "Dutch": {
        "order": "Bestelnummer",
        "at": "Besteldatum",
        "customer": "Klantnummer",
        "product": "Artikelnummer",
        "name": "Omschrijving",
        "quantity": "Aantal",
        "price": "Stukprijs",
        "discount": "Korting",
        "total": "Regeltotaal",
        "status": "Status",
        "currency": "Valuta",
    },
}
STATUSES = {
    "plain": ("paid", "cancelled"), "Shopify": ("paid", "voided"),
    "WooCommerce": ("wc-completed", "wc-cancelled"), "German": ("Versendet", "Storniert"),
    "French": ("Expédiée", "Annulée"), "Spanish": ("Enviado", "Cancelado"),
    "Italian": ("Spedito", "Annullato"), "Dutch": ("Verzonden", "Geannuleerd"),
}  # fmt: skip
DATES: Mapping[str, Callable[[datetime], str]] = {
    "ISO": lambda at: f"{at:%Y-%m-%d %H:%M:%S}",
    "ISO date": lambda at: f"{at:%Y-%m-%d}",
    "ISO with T and Z": lambda at: f"{at:%Y-%m-%dT%H:%M:%S}Z",
    "day first": lambda at: f"{at:%d/%m/%Y %H:%M}",
    "month first": lambda at: f"{at:%m/%d/%Y %H:%M}",
    "German": lambda at: f"{at:%d.%m.%Y}",
    "German, short": lambda at: f"{at:%d.%m.%y}",
    "words": lambda at: f"{at:%b} {at.day}, {at.year}",
    "words with time": lambda at: f"{at:%b} {at.day}, {at:%Y, %I:%M:%S %p}",
    "eBay": lambda at: f"{at:%b-%d-%y}",
    "Apache": lambda at: f"{at:%d/%b/%Y}",
    "seven digits": lambda at: f"{at:%Y-%m-%d %H:%M:%S}.0000000",
    "RFC 2822": lambda at: f"{at:%a, %d %b %Y %H:%M:%S} +0000",
    "epoch": lambda at: str(int((at - datetime(1970, 1, 1)).total_seconds())),
    "Excel": lambda at: str((at - datetime(1899, 12, 30)).days),
}


def grouped(amount: Decimal, mark: str, point: str) -> str:
    return f"{amount:,.2f}".replace(",", "_").replace(".", point).replace("_", mark)


NUMBERS: Mapping[str, Callable[[Decimal], str]] = {
    "plain": lambda amount: f"{amount:.2f}",
    "English": lambda amount: grouped(amount, ",", "."),
    "German": lambda amount: grouped(amount, ".", ","),
    "comma alone": lambda amount: grouped(amount, "", ","),
    "French": lambda amount: grouped(amount, "\u202f", ","),
    "Swiss": lambda amount: grouped(amount, "’", "."),
    "in parentheses": lambda amount: f"({-amount:.2f})" if amount < 0 else f"{amount:.2f}",
    "minus behind": lambda amount: f"{-amount:.2f}-" if amount < 0 else f"{amount:.2f}",
}
CURRENCIES: Mapping[str, Callable[[str], str]] = {
    "none": lambda text: text,
    "dollar": lambda text: f"-${text[1:]}" if text.startswith("-") else f"${text}",
    "euro behind": lambda text: f"{text} €",
    "franc": lambda text: f"CHF {text}",
    "column": lambda text: text,
}
PACKED: Mapping[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress,
}  # fmt: skip
CONTAINERS = ("csv", "csv", "semicolon", "tsv", "cp1252", "bom", "utf-16", "gz", "bz2", "xz", "zip",
              "json", "ndjson", "xlsx")  # fmt: skip


@dataclass(frozen=True)
class Shape:
    """One choice from every group."""

    headings: str
    status: str
    date: str
    number: str
    currency: str
    money: str
    discount: str
    guest: str
    capitals: bool
    above: str
    below: str
    container: str

    @classmethod
    def random(cls, seed: int) -> Self:
        """Return a shape; the same seed always gives the same one."""
        chance = random.Random(seed)
        return cls(**{field.name: chance.choice(CHOICES[field.name]) for field in fields(cls)})


CHOICES: Mapping[str, Any] = {
    "headings": list(HEADINGS),
    "status": [None, *STATUSES],
    "date": list(DATES),
    "number": list(NUMBERS),
    "currency": list(CURRENCIES),
    # The price of one, with or without the total of the line; or the total alone.
    "money": ("price", "price", "price and total", "total"),
    "discount": ("taken off", "fraction", "percent sign", "amount"),
    "guest": ("", "guest", "-"),
    "capitals": (False, True),
    "above": ("", "", "", "title", "comment"),
    "below": ("", "", "", "total", "note"),
    "container": CONTAINERS,
}


def write_export(shape: Shape, folder: Path) -> Path:
    """Write the thirty orders in a shape and return the file."""
    rows = [_cells(line, shape) for line in LINES if shape.status or line.status == "paid"]
    return _Writer(shape, folder).write(rows)


def _cells(line: Line, shape: Shape) -> dict[str, str]:
    """Return the cells of a line by our names."""

    def money(amount: Decimal) -> str:
        return CURRENCIES[shape.currency](NUMBERS[shape.number](amount))

    customer = line.customer or shape.guest
    if shape.capitals and int(line.order[1:]) % 2 and line.customer:
        customer = customer.upper()
    cells = {"order": line.order, "at": DATES[shape.date](line.at), "customer": customer,
             "product": line.product, "name": line.name,
             "quantity": str(line.quantity)}  # fmt: skip
    if shape.money != "total":
        is_taken_off = shape.discount == "taken off"
        cells["price"] = money(line.price * (1 - line.discount) if is_taken_off else line.price)
        if not is_taken_off:
            cells["discount"] = _discount(line, shape, money)
    if shape.money != "price":
        cells["total"] = money(line.net)
    if shape.status:
        cells["status"] = STATUSES[shape.status][line.status == "cancelled"]
    if shape.currency == "column":
        cells["currency"] = "EUR"
    return cells


def _discount(line: Line, shape: Shape, money: Callable[[Decimal], str]) -> str:
    if shape.discount == "amount":
        return money(line.gross * line.discount)
    if shape.discount == "percent sign":
        return f"{line.discount:.0%}"
    return NUMBERS[shape.number](line.discount)


@dataclass(frozen=True)
class _Writer:
    """Writes rows as a file in the container of a shape."""

    shape: Shape
    folder: Path

    def write(self, rows: list[dict[str, str]]) -> Path:
        names = HEADINGS[self.shape.headings]
        container = self.shape.container
        if container in ("json", "ndjson"):
            records = [{names[ours]: cell for ours, cell in row.items()} for row in rows]
            separator = "\n" if container == "ndjson" else ",\n"
            text = separator.join(json.dumps(record, ensure_ascii=False) for record in records)
            return self._save(container, (text if container == "ndjson" else f"[{text}]").encode())
        table = list(self._table([names[ours] for ours in rows[0]], rows))
        if container == "xlsx":
            book = openpyxl.Workbook()
            for cells in table:
                book.active.append(cells)
            book.save(self.folder / "export.xlsx")
            return self.folder / "export.xlsx"
        return self._as_text(table)

    def _table(self, heading: list[str], rows: list[dict[str, str]]) -> Iterator[list[str]]:
        """Yield the rows of a sheet, with what stands above and below the lines."""
        if self.shape.above == "title":
            yield ["Sales report"]
            yield []
        elif self.shape.above == "comment":
            yield ["# exported on 2 January 2025"]
        yield heading
        yield from (list(row.values()) for row in rows)
        if self.shape.below == "total":
            yield ["Total", *[""] * (len(heading) - 1)]
        elif self.shape.below == "note":
            yield [f"{len(rows)} record(s) downloaded"]

    def _as_text(self, table: list[list[str]]) -> Path:
        container = self.shape.container
        delimiter = {"semicolon": ";", "tsv": "\t"}.get(container, ",")
        text = io.StringIO()
        csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(table)
        content = text.getvalue()
        encoding = {"cp1252": "cp1252", "bom": "utf-8-sig", "utf-16": "utf-16"}.get(container)
        data = content.encode(encoding or "utf-8", "replace")
        if container == "zip":
            path = self.folder / "export.zip"
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr("export.csv", data)
            return path
        if container in PACKED:
            return self._save(f"csv.{container}", PACKED[container](data))
        return self._save("tsv" if container == "tsv" else "csv", data)

    def _save(self, suffix: str, data: bytes) -> Path:
        path = self.folder / f"export.{suffix}"
        path.write_bytes(data)
        return path
