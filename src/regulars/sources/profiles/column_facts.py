"""What a sample of rows shows about a column of a source."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ColumnFacts:
    """Counts of the cells of a column, in a sample of rows.

    rows      rows in the sample
    filled    cells that are not blank
    distinct  different cells
    digits    cells with a digit
    numbers   cells that are a number, with or without a currency
    whole     cells that are a whole number
    dates     cells that look like a date
    emails    cells that are an email address
    names     cells of several words without digits, such as the name of a person
    packed    cells that hold several values, such as all products of an order
    example   one of the cells
    """

    rows: int = 0
    filled: int = 0
    distinct: int = 0
    digits: int = 0
    numbers: int = 0
    whole: int = 0
    dates: int = 0
    emails: int = 0
    names: int = 0
    packed: int = 0
    example: str = ""

    def is_mostly(self, cells: int) -> bool:
        """Return whether these are more than half of the cells that are not blank."""
        return cells * 2 > self.filled
