"""The real sales that come with Regulars: Online Retail II, 1,067,371 lines in two sheets."""

from dataclasses import replace
from importlib.resources import files
from pathlib import Path

from regulars.core.settings import Settings, load_settings

SHOP = "Online Retail II"
WAREHOUSE = "regulars-demo.duckdb"
CREDIT = (
    "Data: Online Retail II (Chen, 2012), UCI Machine Learning Repository, "
    "doi 10.24432/C5CG6D, CC BY 4.0."
)
SHEETS = ("year_2009_2010.parquet", "year_2010_2011.parquet")


def demo_settings() -> Settings:
    """Return the settings of this folder, with the shop's name and currency, and whose data it is.

    Its prices are in sterling, says the description at UCI.
    """
    told = load_settings()
    return replace(told, shop=SHOP, credit=CREDIT, currency=told.currency or "£")


def demo_sources() -> list[Path]:
    """Return the two files of the shipped data (UCI, Chen 2012, CC BY 4.0)."""
    folder = Path(str(files(__package__) / "data" / "online_retail_II"))
    return [folder / sheet for sheet in SHEETS]
