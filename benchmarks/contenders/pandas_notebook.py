"""The usual notebook: one data frame and many groupbys."""

from pathlib import Path

import pandas as pd

FEES = ["POST", "DOT", "C2", "C3", "BANK CHARGES", "AMAZONFEE", "CRUK"]
BOOKED = ["M", "D", "S", "B", "PADS"]
SEGMENTS = {
    r"[1-2][1-2]": "Hibernating",
    r"[1-2][3-4]": "At Risk",
    r"[1-2]5": "Can't Lose",
    r"3[1-2]": "About to Sleep",
    r"33": "Need Attention",
    r"[3-4][4-5]": "Loyal Customers",
    r"41": "Promising",
    r"51": "New Customers",
    r"[4-5][2-3]": "Potential Loyalists",
    r"5[4-5]": "Champions",
}


def build(csv: Path, folder: Path, memory_limit: str) -> pd.DataFrame:
    """Read and clean the file, without a copy on disk or a memory limit."""
    texts = {"Invoice": "str", "StockCode": "str", "Description": "str", "Country": "str"}
    df = pd.read_csv(csv, dtype=texts, parse_dates=["InvoiceDate"])
    df = df.dropna(subset=["Invoice", "InvoiceDate", "Quantity", "Price"])
    df["Description"] = df["Description"].str.strip()
    df["StockCode"] = df["StockCode"].str.strip().str.upper()
    df["Amount"] = df["Quantity"] * df["Price"]
    df["Kind"] = _kinds(df)
    df["Month"] = df["InvoiceDate"].dt.to_period("M").dt.to_timestamp()
    return df


def open_built(df: pd.DataFrame) -> pd.DataFrame:
    """Return the data frame: there is nothing to open."""
    return df


def query(df: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return the result of a query."""
    return QUERIES[name](df)


def _kinds(df: pd.DataFrame) -> pd.Series:
    code, order = df["StockCode"], df["Invoice"]
    kind = pd.Series("sale", index=df.index)
    kind[df["Quantity"] < 0] = "adjustment"
    kind[order.str.startswith("C")] = "return"
    kind[df["Price"] <= 0] = "adjustment"
    kind[code.isin(BOOKED) | code.str.startswith("ADJUST")] = "adjustment"
    kind[code.str.startswith("GIFT_") | (code == "GIFT")] = "voucher"
    kind[code.isin(FEES)] = "fee"
    kind[order.str.startswith("A")] = "adjustment"
    kind[code.str.startswith("TEST")] = "test"
    return kind


def _sales(df: pd.DataFrame) -> pd.DataFrame:
    return df[df["Kind"] == "sale"]


def _goods(df: pd.DataFrame) -> pd.DataFrame:
    return df[df["Kind"].isin(["sale", "return"])]


def kpis(df: pd.DataFrame) -> pd.DataFrame:
    sales = _sales(df)
    gross, returns = sales["Amount"].sum(), -df.loc[df["Kind"] == "return", "Amount"].sum()
    orders = sales["Invoice"].nunique()
    per_customer = sales.groupby("Customer ID")["Invoice"].nunique()
    figures = {
        "gross_sales": gross,
        "returns": returns,
        "net_sales": gross - returns,
        "orders": orders,
        "customers": sales["Customer ID"].nunique(),
        "average_order_value": (gross - returns) / orders,
        "units_per_order": sales["Quantity"].sum() / orders,
        "repeat_rate": (per_customer > 1).mean(),
        "return_rate": returns / gross,
    }
    return pd.DataFrame([figures])


def monthly_sales(df: pd.DataFrame) -> pd.DataFrame:
    net = _goods(df).groupby("Month")["Amount"].sum()
    orders = _sales(df).groupby("Month")["Invoice"].nunique()
    months = pd.DataFrame({"net_sales": net, "orders": orders})
    return months.rename_axis("month").reset_index()


def monthly_orders(df: pd.DataFrame) -> pd.DataFrame:
    flagged = df.assign(placed=df["Kind"] == "sale", returned=df["Kind"] == "return")
    orders = flagged.groupby("Invoice").agg(
        month=("Month", "min"), placed=("placed", "any"), returned=("returned", "any")
    )
    orders["cancelled"] = orders["returned"] & ~orders["placed"]
    counted = orders.groupby("month")[["placed", "cancelled"]].sum().reset_index()
    counted["invoices"] = counted["placed"] + counted["cancelled"]
    return counted


def monthly_customers(df: pd.DataFrame) -> pd.DataFrame:
    sales = _sales(df).dropna(subset="Customer ID")
    first = sales.groupby("Customer ID")["Month"].transform("min")
    active = sales.groupby("Month")["Customer ID"].nunique()
    new = sales[sales["Month"] == first].groupby("Month")["Customer ID"].nunique()
    months = pd.DataFrame({"active": active, "new": new}).fillna(0).astype(int)
    months["returning"] = months["active"] - months["new"]
    return months.rename_axis("month").reset_index()


def cohorts(df: pd.DataFrame) -> pd.DataFrame:
    sales = _sales(df).dropna(subset="Customer ID")
    first = sales.groupby("Customer ID")["Month"].transform("min")
    month = sales["Month"]
    since = (month.dt.year - first.dt.year) * 12 + month.dt.month - first.dt.month
    customers = sales.groupby([first.rename("cohort"), since.rename("months_since")])
    pivot = customers["Customer ID"].nunique().unstack()
    share = pivot.divide(pivot[0], axis=0)
    return pd.DataFrame({"customers": pivot.stack(), "share": share.stack()}).reset_index()


def order_amounts(df: pd.DataFrame) -> pd.DataFrame:
    amounts = _goods(df).groupby("Invoice")["Amount"].sum().round(4)
    amounts = amounts[amounts > 0]
    below = amounts[amounts < amounts.quantile(0.85)]
    return pd.DataFrame([
        {"orders": len(a), "min": a.min(), "mean": a.mean(), "median": a.median(),
         "mode": a.mode()[0], "max": a.max()}
        for a in (amounts, below)
    ])  # fmt: skip


def _breakdown(df: pd.DataFrame, by: str, name: str) -> pd.DataFrame:
    sales = _sales(df).groupby(by)
    result = pd.DataFrame({
        "net_sales": _goods(df).groupby(by)["Amount"].sum(),
        "orders": sales["Invoice"].nunique(),
        "customers": sales["Customer ID"].nunique(),
        "units": sales["Quantity"].sum(),
    })  # fmt: skip
    result[["orders", "customers", "units"]] = result[["orders", "customers", "units"]].fillna(0)
    result["share"] = result["net_sales"] / result["net_sales"].sum()
    return result.rename_axis(name).sort_values("net_sales", ascending=False).reset_index()


def sales_by_product(df: pd.DataFrame) -> pd.DataFrame:
    top = _breakdown(df, "StockCode", "product_id")
    names = _sales(df).groupby("StockCode")["Description"].agg(_most_frequent)
    return top.merge(names.rename("name"), left_on="product_id", right_index=True, how="left")


def _most_frequent(names: pd.Series) -> str | None:
    modes = names.mode()
    return modes[0] if len(modes) else None


def sales_by_location(df: pd.DataFrame) -> pd.DataFrame:
    return _breakdown(df, "Country", "location")


def sales_by_weekday(df: pd.DataFrame) -> pd.DataFrame:
    named = df.assign(Weekday=df["InvoiceDate"].dt.day_name())
    return _breakdown(named, "Weekday", "weekday")


def rfm(df: pd.DataFrame) -> pd.DataFrame:
    sales = _sales(df)
    snapshot = sales["InvoiceDate"].max().normalize() + pd.Timedelta(days=1)
    people = sales.groupby("Customer ID").agg(
        last=("InvoiceDate", "max"), frequency=("Invoice", "nunique")
    )
    people["monetary"] = _goods(df).groupby("Customer ID")["Amount"].sum()
    people["recency"] = (snapshot - people["last"].dt.normalize()).dt.days
    people["r"] = pd.qcut(people["recency"], 5, labels=[5, 4, 3, 2, 1])
    people["f"] = pd.qcut(people["frequency"].rank(method="first"), 5, labels=[1, 2, 3, 4, 5])
    people["m"] = pd.qcut(people["monetary"], 5, labels=[1, 2, 3, 4, 5])
    scores = people["r"].astype(str) + people["f"].astype(str)
    people["named"] = scores.replace(SEGMENTS, regex=True)
    people["customer_id"] = people.index.astype(int).astype(str)
    return people.drop(columns=["last", "f"]).reset_index(drop=True)


def segments(df: pd.DataFrame) -> pd.DataFrame:
    people = rfm(df)
    named = people.groupby("named").agg(
        people=("customer_id", "count"), mean_recency=("recency", "mean"),
        mean_frequency=("frequency", "mean"), worth=("monetary", "sum"),
    )  # fmt: skip
    named["mean_monetary"] = named["worth"] / named["people"]
    return named.sort_values("worth", ascending=False).reset_index()


def high_value(df: pd.DataFrame) -> pd.DataFrame:
    known = df.dropna(subset="Customer ID")
    orders = _sales(known).groupby("Customer ID")["Invoice"].nunique()
    people = pd.DataFrame({"orders": orders})
    people["net"] = _goods(known).groupby("Customer ID")["Amount"].sum().round(4)
    seen = known.drop_duplicates("Invoice")[["Customer ID", "Country"]]
    places = seen.value_counts().reset_index().drop_duplicates("Customer ID")
    people["place"] = places.set_index("Customer ID")["Country"]
    people["high"] = people["net"] >= people["net"].quantile(0.8)
    by_place = people.groupby("place")["high"].agg(["count", "sum"])
    high, others = people[people["high"]], people[~people["high"]]
    result = pd.DataFrame([{
        "location": "All locations",
        "customers": len(people),
        "high_value_customers": len(high),
        "high_value_average_order_value": high["net"].sum() / high["orders"].sum(),
        "other_average_order_value": others["net"].sum() / others["orders"].sum(),
    }])  # fmt: skip
    return result.assign(places=len(by_place))


def discount_bands(df: pd.DataFrame) -> pd.DataFrame:
    sales = _sales(df)
    return pd.DataFrame([
        {"band": "0%", "net_sales": sales["Amount"].sum(), "orders": sales["Invoice"].nunique()}
    ])  # fmt: skip


QUERIES = {
    "kpis": kpis,
    "monthly_sales": monthly_sales,
    "monthly_orders": monthly_orders,
    "monthly_customers": monthly_customers,
    "cohorts": cohorts,
    "order_amounts": order_amounts,
    "sales_by product": sales_by_product,
    "sales_by location": sales_by_location,
    "sales_by weekday": sales_by_weekday,
    "discount_bands": discount_bands,
    "high_value": high_value,
    "rfm": rfm,
    "segments": segments,
}
