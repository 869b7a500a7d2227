-- The bare star schema, for reference: no rules, no kinds, no checks, types guessed by DuckDB.
CREATE TEMP TABLE lines AS SELECT * FROM read_csv($csv, types = {'Invoice': 'VARCHAR', 'StockCode': 'VARCHAR'});

CREATE TABLE dim_customer AS
SELECT row_number() OVER (ORDER BY "Customer ID") AS customer_key, "Customer ID" AS customer_id
FROM lines GROUP BY "Customer ID";

CREATE TABLE dim_product AS
SELECT row_number() OVER (ORDER BY StockCode) AS product_key, StockCode AS product_id,
    max(Description) AS product_name
FROM lines GROUP BY StockCode;

CREATE TABLE dim_order AS
SELECT row_number() OVER (ORDER BY Invoice) AS order_key, Invoice AS order_id,
    min(InvoiceDate) AS ordered_at, max("Customer ID") AS customer_id, max(Country) AS location
FROM lines GROUP BY Invoice;

CREATE TABLE fact_sales AS
SELECT order_key, customer_key, product_key, InvoiceDate::DATE AS ordered_on,
    Quantity AS quantity, Price AS unit_price, Quantity * Price AS net_amount
FROM lines
JOIN dim_order ON order_id = Invoice
JOIN dim_product ON product_id = StockCode
LEFT JOIN dim_customer ON dim_customer.customer_id = lines."Customer ID";
