-- The star schema that Regulars builds, written by hand for this one file.
-- Codes are compared one by one: DuckDB turns a long IN into a join, which loses the row order of the
-- file, and source_row depends on it.
CREATE TEMP TABLE lines AS
WITH texts AS (
    SELECT
        nullif(trim(Invoice), '') AS order_id,
        nullif(trim(InvoiceDate), '') AS ordered_at,
        nullif(trim("Customer ID"), '') AS customer_id,
        nullif(trim(StockCode), '') AS product_id,
        nullif(trim(Description), '') AS product_name,
        nullif(trim(Quantity), '') AS quantity,
        nullif(trim(Price), '') AS unit_price,
        nullif(trim(Country), '') AS location,
        rows AS original
    FROM read_csv(
        $csv, header = true, auto_detect = false, delim = ',', quote = '"', escape = '"',
        columns = {
            'Invoice': 'VARCHAR', 'StockCode': 'VARCHAR', 'Description': 'VARCHAR',
            'Quantity': 'VARCHAR', 'InvoiceDate': 'VARCHAR', 'Price': 'VARCHAR',
            'Customer ID': 'VARCHAR', 'Country': 'VARCHAR'
        }
    ) AS rows
), typed AS (
    SELECT
        order_id,
        try_strptime(ordered_at, '%Y-%m-%d %H:%M:%S') AS ordered_at,
        CASE
            WHEN ends_with(customer_id, '.0') THEN left(customer_id, -2) ELSE customer_id
        END AS customer_id,
        upper(coalesce(product_id, product_name)) AS product_id,
        product_name,
        try_cast(quantity AS DECIMAL(18, 3)) AS quantity,
        try_cast(unit_price AS DECIMAL(18, 4)) AS unit_price,
        location,
        original
    FROM texts
), judged AS (
    SELECT
        *,
        try_cast(quantity * unit_price AS DECIMAL(18, 4)) AS gross_amount,
        nullif(concat_ws(' | ',
            CASE WHEN order_id IS NULL THEN 'The order number is missing.' END,
            CASE WHEN ordered_at IS NULL THEN 'The order date is missing or no date.' END,
            CASE WHEN ordered_at NOT BETWEEN TIMESTAMP '1970-01-01' AND now()::TIMESTAMP
                THEN 'The order date is before 1970 or in the future.' END,
            CASE WHEN quantity IS NULL THEN 'The quantity is missing or no number.' END,
            CASE WHEN unit_price IS NULL THEN 'The price is missing or no number.' END
        ), '') AS reasons
    FROM typed
)
SELECT
    order_id, ordered_at, customer_id, product_id, product_name, quantity, unit_price, location,
    gross_amount, reasons,
    CASE
        WHEN starts_with(product_id, 'TEST') THEN 'test'
        WHEN starts_with(order_id, 'A') THEN 'adjustment'
        WHEN product_id = 'POST' OR product_id = 'DOT' OR product_id = 'C2'
            OR product_id = 'C3' OR product_id = 'BANK CHARGES'
            OR product_id = 'AMAZONFEE' OR product_id = 'CRUK' THEN 'fee'
        WHEN product_id = 'GIFT' OR starts_with(product_id, 'GIFT_') THEN 'voucher'
        WHEN product_id = 'M' OR product_id = 'D' OR product_id = 'S' OR product_id = 'B'
            OR product_id = 'PADS' OR starts_with(product_id, 'ADJUST') THEN 'adjustment'
        WHEN unit_price <= 0 THEN 'adjustment'
        WHEN starts_with(order_id, 'C') THEN 'return'
        WHEN quantity < 0 THEN 'adjustment'
        ELSE 'sale'
    END AS kind,
    CASE WHEN reasons IS NOT NULL THEN to_json(original)::VARCHAR END AS original
FROM judged;

CREATE TABLE quarantine AS
SELECT 1 AS source_id, rowid + 2 AS source_row, reasons, original, gross_amount AS amount
FROM lines WHERE reasons IS NOT NULL ORDER BY source_row;

-- The lines that a warehouse needs for corrections.
CREATE TABLE order_lines AS
SELECT
    order_id, ordered_at, customer_id, product_id, product_name, NULL::VARCHAR AS category,
    NULL::VARCHAR AS subcategory, quantity, unit_price, NULL::DECIMAL(9, 6) AS discount, location,
    NULL::VARCHAR AS status, gross_amount, 0::DECIMAL(18, 4) AS discount_amount,
    gross_amount AS net_amount, kind, 1::INTEGER AS source_id, rowid + 2 AS source_row
FROM lines WHERE reasons IS NULL;

CREATE TEMP TABLE customer_keys AS
SELECT row_number() OVER (ORDER BY customer_id) AS customer_key, customer_id
FROM (SELECT DISTINCT customer_id FROM lines WHERE customer_id IS NOT NULL AND reasons IS NULL);

CREATE TABLE dim_product AS
WITH names AS (
    SELECT
        product_id, product_name,
        count(*) FILTER (kind = 'sale') AS times, max(ordered_at) AS latest
    FROM lines
    WHERE product_id IS NOT NULL AND product_name IS NOT NULL AND reasons IS NULL
    GROUP BY ALL
), best AS (
    SELECT product_id, product_name, count(*) OVER (PARTITION BY product_id) AS names_seen
    FROM names
    QUALIFY row_number() OVER (
        PARTITION BY product_id ORDER BY times DESC, latest DESC, product_name
    ) = 1
), ids AS (
    SELECT DISTINCT product_id FROM lines WHERE product_id IS NOT NULL AND reasons IS NULL
)
SELECT
    row_number() OVER (ORDER BY product_id) AS product_key, product_id, product_name,
    NULL::VARCHAR AS category, NULL::VARCHAR AS subcategory, coalesce(names_seen, 0) AS names_seen
FROM ids LEFT JOIN best USING (product_id)
UNION ALL SELECT 0, NULL, NULL, NULL, NULL, 0;

CREATE TABLE dim_order AS
WITH orders AS (
    SELECT
        order_id,
        min(ordered_at) AS ordered_at,
        max(customer_id) AS customer_id,
        max(location) AS location,
        min(CASE kind
            WHEN 'sale' THEN 0 WHEN 'return' THEN 1 WHEN 'cancelled' THEN 2 WHEN 'fee' THEN 3
            WHEN 'adjustment' THEN 4 WHEN 'voucher' THEN 5 ELSE 6
        END) AS place
    FROM lines WHERE reasons IS NULL GROUP BY order_id
)
SELECT
    row_number() OVER (ORDER BY order_id) AS order_key,
    order_id, ordered_at,
    ordered_at::DATE AS ordered_on,
    date_trunc('month', ordered_at)::DATE AS month,
    isodow(ordered_at)::TINYINT AS weekday,
    coalesce(customer_key, 0) AS customer_key,
    location,
    ['sale', 'return', 'cancelled', 'fee', 'adjustment', 'voucher', 'test'][place + 1] AS kind
FROM orders LEFT JOIN customer_keys USING (customer_id);

CREATE TABLE fact_sales AS
SELECT
    o.order_key, o.customer_key, coalesce(p.product_key, 0) AS product_key,
    l.ordered_at::DATE AS ordered_on, l.kind, l.quantity, l.unit_price,
    0::DECIMAL(9, 6) AS discount, l.gross_amount, 0::DECIMAL(18, 4) AS discount_amount,
    l.gross_amount AS net_amount, 1 AS source_id, l.rowid + 2 AS source_row
FROM lines l
JOIN dim_order o USING (order_id)
LEFT JOIN dim_product p ON p.product_id = l.product_id
WHERE l.reasons IS NULL;

CREATE TABLE dim_date AS
WITH span AS (SELECT min(ordered_on) AS first, max(ordered_on) AS last FROM fact_sales)
SELECT
    day::DATE AS date,
    date_trunc('month', day)::DATE AS month,
    quarter(day)::TINYINT AS quarter,
    year(day)::SMALLINT AS year,
    weekofyear(day)::TINYINT AS iso_week,
    isoyear(day)::SMALLINT AS iso_year,
    isodow(day)::TINYINT AS weekday,
    dayname(day) AS weekday_name,
    year(day)::SMALLINT AS fiscal_year,
    quarter(day)::TINYINT AS fiscal_quarter,
    month(day)::TINYINT AS fiscal_month,
    day BETWEEN first AND last AS is_observed
FROM span, generate_series(
    date_trunc('month', first), last_day(last)::TIMESTAMP, INTERVAL 1 DAY
) AS days(day);

CREATE TABLE dim_customer AS
WITH ordering AS (
    SELECT
        customer_key,
        count(*) FILTER (kind = 'sale') AS orders,
        min(ordered_at) FILTER (kind = 'sale') AS first_order_at,
        max(ordered_at) FILTER (kind = 'sale') AS last_order_at,
        min(ordered_at) AS first_seen_at
    FROM dim_order GROUP BY customer_key
), places AS (
    SELECT customer_key, location, count(*) OVER (PARTITION BY customer_key) - 1 AS other_locations
    FROM (
        SELECT customer_key, location, count(*) AS times, max(ordered_at) AS latest
        FROM dim_order WHERE location IS NOT NULL GROUP BY ALL
    )
    QUALIFY row_number() OVER (
        PARTITION BY customer_key ORDER BY times DESC, latest DESC, location
    ) = 1
), worth AS (
    SELECT customer_key, sum(net_amount) AS net_sales
    FROM fact_sales WHERE kind IN ('sale', 'return') GROUP BY customer_key
), known AS (
    SELECT
        customer_key, customer_id, true AS is_known, location,
        coalesce(other_locations, 0) AS other_locations,
        first_order_at, last_order_at, first_seen_at, orders,
        coalesce(net_sales, 0)::DECIMAL(18, 4) AS net_sales
    FROM customer_keys
    JOIN ordering USING (customer_key)
    LEFT JOIN places USING (customer_key)
    LEFT JOIN worth USING (customer_key)
), bar AS (
    SELECT quantile_cont(net_sales::DOUBLE, 0.8) AS bar FROM known WHERE orders > 0
)
SELECT known.*, orders > 0 AND net_sales::DOUBLE >= bar AND net_sales > 0 AS is_high_value FROM known, bar
UNION ALL SELECT 0, NULL, false, NULL, 0, NULL, NULL, NULL, 0, 0, false;

-- Every count is 0 if keys are unique, no value is missing, no key is orphaned and everything adds up.
CREATE TABLE checks AS
SELECT
    (SELECT count(*) - count(DISTINCT date) FROM dim_date) AS dates_twice,
    (SELECT count(*) - count(DISTINCT customer_key) FROM dim_customer) AS customers_twice,
    (SELECT count(*) - count(DISTINCT product_key) FROM dim_product) AS products_twice,
    (SELECT count(*) - count(DISTINCT order_key) FROM dim_order) AS orders_twice,
    (SELECT count(*) - count(DISTINCT source_row) FROM fact_sales) AS lines_twice,
    (SELECT count(*) FROM fact_sales WHERE ordered_on IS NULL OR net_amount IS NULL) AS empty,
    (SELECT count(*) FROM fact_sales ANTI JOIN dim_order USING (order_key)) AS no_order,
    (SELECT count(*) FROM fact_sales ANTI JOIN dim_customer USING (customer_key)) AS no_customer,
    (SELECT count(*) FROM fact_sales ANTI JOIN dim_product USING (product_key)) AS no_product,
    (SELECT count(*) FROM fact_sales f ANTI JOIN dim_date d ON f.ordered_on = d.date) AS no_date,
    (SELECT count(*) FROM dim_order ANTI JOIN dim_customer USING (customer_key)) AS no_buyer,
    (SELECT count(*) FROM dim_order o ANTI JOIN dim_date d ON o.ordered_on = d.date) AS no_day,
    (SELECT count(*) FROM lines) - (SELECT count(*) FROM fact_sales)
        - (SELECT count(*) FROM quarantine) AS rows_lost,
    (SELECT sum(gross_amount) FROM lines) - (SELECT sum(net_amount) FROM fact_sales)
        - (SELECT coalesce(sum(amount), 0) FROM quarantine) AS money_lost;

CREATE TABLE ledger_entries AS
SELECT 'accepted' AS outcome, kind, count(*) AS rows, sum(net_amount) AS amount
FROM fact_sales GROUP BY kind
UNION ALL
SELECT 'quarantined', '', count(*), sum(amount) FROM quarantine;

CREATE TABLE warehouse_facts AS
SELECT
    (SELECT max(ordered_on) FROM dim_order WHERE kind = 'sale') AS last_order_on,
    (SELECT coalesce(sum(times - 1), 0) FROM (
        SELECT count(*) AS times FROM fact_sales
        GROUP BY order_key, product_key, ordered_on, quantity, unit_price, discount_amount
        HAVING count(*) > 1
    )) AS identical_lines;
