"""The sample data that ships with Regulars: Online Retail II, 1,067,371 real sales lines."""

from dataclasses import replace
from importlib.resources import files
from pathlib import Path

from regulars.core.settings import Settings, load_settings

SHOP = "Online Retail II"
WAREHOUSE = "regulars-demo.duckdb"
CREDIT = (
    "Data: Online Retail II (Chen, 2012), UCI Machine Learning Repository, "
    "doi 10.24432/C5CG6D, CC BY 4.0. Names and emails of customers are made up."
)
FILES = ("year_2009_2010.parquet", "year_2010_2011.parquet")


def demo_settings() -> Settings:
    """Return the settings of this folder with the demo shop's name and credit.

    The currency is £ unless the settings name another.
    """
    settings = load_settings()
    return replace(settings, shop=SHOP, credit=CREDIT, currency=settings.currency or "£")


def demo_sources() -> list[Path]:
    """Return the paths of the two sample data files."""
    folder = Path(str(files(__package__) / "data" / "online_retail_II"))
    return [folder / name for name in FILES]
