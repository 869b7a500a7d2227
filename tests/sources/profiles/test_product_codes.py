"""A column that may be the product code is named, and products keep their names as ids."""

import pytest

from regulars.sources.profiles.match_columns import match_columns
from regulars.sources.profiles.product_codes import product_code_notes

FRENCH = ("Numéro de commande", "Date", "Client", "Produit", "Quantité", "Prix unitaire")


def notes(columns: tuple[str, ...]) -> list[str]:
    return list(product_code_notes("shop.csv", columns, match_columns("shop.csv", columns)))


@pytest.mark.parametrize("code", ["Référence", "Ref.", "Code", "Código"])
def test_a_column_that_may_be_the_product_code_is_named_with_its_profile_line(code: str) -> None:
    assert notes((*FRENCH, code)) == [
        'shop.csv: products are identified by their name, "Produit". '
        f'If "{code}" is the product code, add it to your profile:\n'
        f'  [columns]\n  product_id = "{code}"'
    ]


def test_there_is_no_note_if_another_column_is_the_product_code() -> None:
    assert notes((*FRENCH, "Référence", "SKU")) == []


def test_there_is_no_note_without_such_a_column() -> None:
    assert notes(FRENCH) == []
