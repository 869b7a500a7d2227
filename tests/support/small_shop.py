"""A shop of 30 lines, small enough to check every figure in the tests by hand.

Ann and Bob buy often. Cid returns some of his hats. Dee moves from France to the UK and back. Fay
and Gus buy the same thing on the same day. Hal returns everything he bought, Ivy returns mugs she
never bought, all of Eve's orders are cancelled, and three orders are from guests. March has no
sales; April ends on the 10th. Order 1002 has two identical lines, both real.
"""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

import regulars

SHOP = """\
Order ID,Order Date,Customer ID,Product ID,Product Name,Category,Subcategory,Quantity,Unit Price,Discount,Country,Status
1001,2024-01-01 09:00:00,Ann,T1,Tea,Drinks,Tea,2,10.00,0,UK,paid
1001,2024-01-01 09:00:00,Ann,M1,Mug,Drinks,Cups,1,5.00,0.2,UK,paid
1002,2024-01-05 12:00:00,Bob,T1,Tea,Drinks,Tea,1,10.00,0,UK,paid
1002,2024-01-05 12:00:00,Bob,T1,Tea,Drinks,Tea,1,10.00,0,UK,paid
1003,2024-01-20 10:00:00,,M1,Mug,Drinks,Cups,4,5.00,0,UK,paid
1004,2024-01-31 23:59:59,Cid,H1,Hat,Clothes,Hats,3,20.00,0.5,FR,paid
1005,2024-01-31 10:00:00,Eve,H1,Hat,Clothes,Hats,1,20.00,0,UK,cancelled
1006,2024-02-01 00:00:00,Ann,P1,Pen,Paper,Pens,10,1.50,0,UK,paid
1006,2024-02-01 00:00:00,Ann,T1,Tea,Drinks,Tea,1,10.00,0.1,UK,paid
1007,2024-02-03 10:00:00,Bob,T1,Tea,Drinks,Tea,-1,10.00,0,UK,paid
1008,2024-02-10 10:00:00,Dee,M1,Mug,Drinks,Cups,2,5.00,0,FR,paid
1008,2024-02-10 10:00:00,Dee,T1,Tea,Drinks,Tea,2,10.00,0.25,FR,paid
1008,2024-02-10 10:00:00,Dee,H1,Hat,Clothes,Hats,1,20.00,0,FR,paid
1009,2024-02-15 10:00:00,,P1,Pen,Paper,Pens,20,1.50,0,FR,paid
1010,2024-02-20 10:00:00,Cid,H1,Hat,Clothes,Hats,-1,20.00,0.5,FR,paid
1011,2024-02-29 10:00:00,Fay,T1,Tea,Drinks,Tea,5,10.00,0,DE,paid
1011,2024-02-29 10:00:00,Fay,P1,Pen (gift),Paper,Pens,1,0.00,0,DE,paid
1012,2024-02-29 10:00:00,Gus,T1,Tea,Drinks,Tea,5,10.00,0,DE,paid
1013,2024-04-01 10:00:00,Ann,M1,Mug,Drinks,Cups,1,5.00,0,UK,paid
1014,2024-04-02 10:00:00,Bob,H1,Hat,Clothes,Hats,2,20.00,0.05,UK,paid
1015,2024-04-02 11:00:00,Dee,P1,Pen,Paper,Pens,4,1.50,0,UK,paid
1016,2024-04-05 10:00:00,Dee,T1,Tea,Drinks,Tea,1,10.00,0,FR,paid
1017,2024-04-10 10:00:00,Ann,T1,Tea,Drinks,Tea,2,10.00,0.3,UK,paid
1017,2024-04-10 10:00:00,Ann,H1,Hat,Clothes,Hats,1,20.00,0.55,UK,paid
1018,2024-04-10 11:00:00,,T1,Tea,Drinks,Tea,1,10.00,0,DE,paid
1019,2024-04-10 12:00:00,Eve,M1,Mug,Drinks,Cups,1,5.00,0,UK,cancelled
1020,2024-04-08 10:00:00,Hal,T1,Tea,Drinks,Tea,1,10.00,0,UK,paid
1021,2024-04-09 10:00:00,Hal,T1,Tea,Drinks,Tea,-1,10.00,0,UK,paid
1022,2024-04-09 11:00:00,Ivy,M1,Mug,Drinks,Cups,-2,5.00,0,UK,paid
1023,2024-04-10 09:00:00,Bob,M1,Mug,Drinks,Cups,1,5.00,0,UK,paid
"""  # noqa: E501


@cache
def built_small_shop() -> Path:
    """Return a folder with the 30-line shop, built once per process: its file, its warehouse."""
    folder = Path(tempfile.mkdtemp(prefix="regulars-small-shop-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / "shop.csv").write_text(SHOP, "utf-8")
    regulars.build(folder / "shop.csv", warehouse=folder / "shop.duckdb")
    return folder
