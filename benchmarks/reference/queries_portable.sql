-- The queries of queries.sql, written by hand for PostgreSQL and Spark over the tables that Regulars
-- built there.

-- query: kpis
WITH sums AS (
    SELECT
        coalesce(sum(gross_amount) FILTER (WHERE kind = 'sale'), 0) AS gross_sales,
        coalesce(sum(discount_amount) FILTER (WHERE kind = 'sale'), 0) AS discounts,
        -coalesce(sum(net_amount) FILTER (WHERE kind = 'return'), 0) AS returns,
        coalesce(sum(net_amount) FILTER (WHERE kind IN ('sale', 'return')), 0) AS net_sales,
        sum(quantity) FILTER (WHERE kind = 'sale') AS units,
        sum(net_amount) FILTER (WHERE kind = 'sale') AS sold
    FROM fact_sales
), bought AS (
    SELECT order_key, max(customer_key) AS customer_key
    FROM fact_sales WHERE kind = 'sale' GROUP BY order_key
), buyers AS (
    SELECT customer_key, count(*) AS orders FROM bought GROUP BY customer_key
), people AS (
    SELECT
        sum(orders) AS orders,
        count(*) FILTER (WHERE customer_key <> 0) AS customers,
        count(*) FILTER (WHERE customer_key <> 0 AND orders > 1) AS again
    FROM buyers
)
SELECT
    gross_sales, discounts, returns, net_sales, orders, customers,
    CAST(net_sales AS double precision) / orders AS average_order_value,
    CAST(units AS double precision) / orders AS units_per_order,
    CAST(again AS double precision) / customers AS repeat_rate,
    CAST(returns AS double precision) / CAST(sold AS double precision) AS return_rate
FROM sums CROSS JOIN people;

-- query: monthly_sales
WITH bought AS (
    SELECT
        CAST(date_trunc('month', ordered_on) AS date) AS month, order_key,
        sum(net_amount) FILTER (WHERE kind IN ('sale', 'return')) AS net_sales,
        max(CASE WHEN kind = 'sale' THEN 1 ELSE 0 END) AS has_sale
    FROM fact_sales GROUP BY 1, 2
), sold AS (
    SELECT month, coalesce(sum(net_sales), 0) AS net_sales, sum(has_sale) AS orders
    FROM bought GROUP BY month
), months AS (
    SELECT month, bool_and(is_observed) AS is_complete
    FROM dim_date GROUP BY month HAVING bool_or(is_observed)
), filled AS (
    SELECT
        months.month, coalesce(net_sales, 0) AS net_sales, coalesce(orders, 0) AS orders,
        is_complete
    FROM months LEFT JOIN sold ON sold.month = months.month
), compared AS (
    SELECT
        month, net_sales, orders, is_complete, lag(net_sales) OVER (ORDER BY month) AS earlier,
        is_complete AND lag(is_complete) OVER (ORDER BY month) AS comparable
    FROM filled
)
SELECT
    month, net_sales, orders,
    CASE WHEN comparable AND earlier > 0
        THEN CAST(net_sales - earlier AS double precision) / CAST(earlier AS double precision)
    END AS growth,
    is_complete
FROM compared ORDER BY month;

-- query: monthly_orders
WITH counted AS (
    SELECT
        month,
        count(*) FILTER (WHERE kind = 'sale') AS placed,
        count(*) FILTER (WHERE kind IN ('return', 'cancelled')) AS cancelled
    FROM dim_order GROUP BY month
), months AS (
    SELECT month, bool_and(is_observed) AS is_complete
    FROM dim_date GROUP BY month HAVING bool_or(is_observed)
)
SELECT
    months.month, coalesce(placed + cancelled, 0) AS invoices, coalesce(placed, 0) AS placed,
    coalesce(cancelled, 0) AS cancelled, is_complete
FROM months LEFT JOIN counted ON counted.month = months.month ORDER BY months.month;

-- query: monthly_customers
WITH visits AS (
    SELECT DISTINCT CAST(date_trunc('month', ordered_on) AS date) AS month, customer_key
    FROM fact_sales WHERE kind = 'sale' AND customer_key <> 0
), counted AS (
    SELECT
        month, count(*) AS active,
        count(*) FILTER (WHERE month = CAST(date_trunc('month', first_order_at) AS date)) AS new
    FROM visits JOIN dim_customer ON dim_customer.customer_key = visits.customer_key
    GROUP BY month
), months AS (
    SELECT month, bool_and(is_observed) AS is_complete
    FROM dim_date GROUP BY month HAVING bool_or(is_observed)
)
SELECT
    months.month, coalesce(active, 0) AS active, coalesce(new, 0) AS new,
    coalesce(active - new, 0) AS returning, is_complete
FROM months LEFT JOIN counted ON counted.month = months.month ORDER BY months.month;

-- query: cohorts
WITH months AS (
    SELECT
        month, bool_and(is_observed) AS is_complete,
        row_number() OVER (ORDER BY month) - 1 AS place
    FROM dim_date GROUP BY month HAVING bool_or(is_observed)
), monthly AS (
    SELECT
        customer_key, CAST(date_trunc('month', ordered_on) AS date) AS month,
        sum(net_amount) AS net_sales, max(CASE WHEN kind = 'sale' THEN 1 ELSE 0 END) AS has_sale
    FROM fact_sales WHERE kind IN ('sale', 'return') AND customer_key <> 0 GROUP BY 1, 2
), bought AS (
    SELECT
        CAST(date_trunc('month', first_order_at) AS date) AS cohort, month,
        sum(has_sale) AS customers, sum(monthly.net_sales) AS net_sales
    FROM monthly JOIN dim_customer ON dim_customer.customer_key = monthly.customer_key
    WHERE first_order_at IS NOT NULL
    GROUP BY 1, 2 HAVING sum(has_sale) > 0
), sizes AS (
    SELECT cohort, customers AS size, place AS begins
    FROM bought JOIN months ON months.month = bought.month WHERE cohort = bought.month
), cells AS (
    SELECT cohort, size, begins, steps.place AS months_since
    FROM sizes CROSS JOIN months AS steps
)
SELECT
    cells.cohort, months_since,
    CASE WHEN is_complete IS NOT NULL THEN coalesce(customers, 0) END AS customers,
    CAST(CASE WHEN is_complete IS NOT NULL THEN coalesce(customers, 0) END AS double precision)
        / size AS share,
    CASE WHEN is_complete IS NOT NULL THEN coalesce(net_sales, 0) END AS net_sales,
    is_complete
FROM cells
LEFT JOIN months ON months.place = begins + months_since
LEFT JOIN bought ON bought.cohort = cells.cohort AND bought.month = months.month
ORDER BY cells.cohort, months_since;

-- query: order_amounts
WITH amounts AS (
    SELECT sum(net_amount) AS amount FROM fact_sales
    WHERE kind IN ('sale', 'return') GROUP BY order_key HAVING sum(net_amount) > 0
), edge AS (
    SELECT percentile_cont(0.85) WITHIN GROUP (ORDER BY CAST(amount AS double precision)) AS edge
    FROM amounts
), scopes AS (
    SELECT 0 AS place, 'all orders' AS scope, amount FROM amounts
    UNION ALL
    SELECT 1, 'below the 85th percentile', amount FROM amounts CROSS JOIN edge
    WHERE CAST(amount AS double precision) < edge
), ranked AS (
    SELECT
        place, amount,
        row_number() OVER (PARTITION BY place ORDER BY count(*) DESC, amount) AS rank
    FROM scopes GROUP BY place, amount
), modes AS (
    SELECT place, amount AS mode FROM ranked WHERE rank = 1
)
SELECT
    scope, count(*) AS orders, min(amount) AS min, avg(CAST(amount AS double precision)) AS mean,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY CAST(amount AS double precision)) AS median,
    max(mode) AS mode, max(amount) AS max
FROM scopes JOIN modes ON modes.place = scopes.place
GROUP BY scopes.place, scope ORDER BY scopes.place;

-- query: sales_by product
WITH sold AS (
    SELECT
        product_key,
        coalesce(sum(net_amount), 0) AS net_sales,
        count(DISTINCT order_key) FILTER (WHERE kind = 'sale') AS orders,
        count(DISTINCT customer_key) FILTER (WHERE kind = 'sale' AND customer_key <> 0)
            AS customers,
        coalesce(sum(quantity) FILTER (WHERE kind = 'sale'), 0) AS units
    FROM fact_sales WHERE kind IN ('sale', 'return') GROUP BY product_key
)
SELECT
    product_id, product_name, net_sales, orders, customers, units,
    CAST(net_sales AS double precision) / nullif(orders, 0) AS average_order_value,
    CAST(net_sales AS double precision) / CAST(sum(net_sales) OVER () AS double precision) AS share
FROM sold JOIN dim_product ON dim_product.product_key = sold.product_key
ORDER BY net_sales DESC, product_id, product_name;

-- query: sales_by location
SELECT
    location,
    coalesce(sum(net_amount), 0) AS net_sales,
    count(DISTINCT f.order_key) FILTER (WHERE f.kind = 'sale') AS orders,
    count(DISTINCT f.customer_key) FILTER (WHERE f.kind = 'sale' AND f.customer_key <> 0)
        AS customers,
    coalesce(sum(quantity) FILTER (WHERE f.kind = 'sale'), 0) AS units,
    CAST(sum(net_amount) AS double precision)
        / nullif(count(DISTINCT f.order_key) FILTER (WHERE f.kind = 'sale'), 0)
        AS average_order_value,
    CAST(sum(net_amount) AS double precision)
        / CAST(sum(sum(net_amount)) OVER () AS double precision) AS share
FROM fact_sales AS f JOIN dim_order AS o ON o.order_key = f.order_key
WHERE f.kind IN ('sale', 'return')
GROUP BY location ORDER BY net_sales DESC, location;

-- query: sales_by weekday
SELECT
    weekday_name AS weekday,
    coalesce(sum(net_amount), 0) AS net_sales,
    count(DISTINCT order_key) FILTER (WHERE kind = 'sale') AS orders,
    count(DISTINCT customer_key) FILTER (WHERE kind = 'sale' AND customer_key <> 0) AS customers,
    coalesce(sum(quantity) FILTER (WHERE kind = 'sale'), 0) AS units,
    CAST(sum(net_amount) AS double precision)
        / nullif(count(DISTINCT order_key) FILTER (WHERE kind = 'sale'), 0) AS average_order_value,
    CAST(sum(net_amount) AS double precision)
        / CAST(sum(sum(net_amount)) OVER () AS double precision) AS share
FROM fact_sales AS f JOIN dim_date AS d ON d.date = f.ordered_on
WHERE kind IN ('sale', 'return')
GROUP BY d.weekday, weekday_name ORDER BY d.weekday;

-- query: discount_bands
WITH placed AS (
    SELECT
        CAST(CASE WHEN discount_amount = 0 THEN 0
            ELSE least(11, ceil(abs(discount_amount) * 20 / abs(gross_amount)))
        END AS integer) AS place,
        net_amount, order_key
    FROM fact_sales WHERE kind = 'sale'
)
SELECT
    CASE place WHEN 0 THEN '0%' WHEN 11 THEN 'over 50%'
        ELSE concat('over ', place * 5 - 5, '% to ', place * 5, '%') END AS band,
    sum(net_amount) AS net_sales, count(DISTINCT order_key) AS orders,
    CAST(sum(net_amount) AS double precision)
        / CAST(sum(sum(net_amount)) OVER () AS double precision) AS share
FROM placed GROUP BY place ORDER BY place;

-- query: high_value
WITH sums AS (
    SELECT
        customer_key,
        coalesce(sum(net_amount) FILTER (WHERE kind IN ('sale', 'return')), 0) AS net,
        sum(gross_amount) FILTER (WHERE kind = 'sale') AS gross,
        sum(discount_amount) FILTER (WHERE kind = 'sale') AS taken,
        count(DISTINCT order_key) FILTER (WHERE kind = 'sale') AS orders
    FROM fact_sales WHERE customer_key <> 0 GROUP BY customer_key
), people AS (
    SELECT location, is_high_value AS high, net, gross, taken, sums.orders
    FROM sums JOIN dim_customer ON dim_customer.customer_key = sums.customer_key
    WHERE sums.orders > 0
), places AS (
    SELECT
        location, grouping(location) AS is_whole, count(*) AS customers,
        count(*) FILTER (WHERE high) AS high_value_customers,
        CAST(sum(net) FILTER (WHERE high) AS double precision)
            / nullif(sum(orders) FILTER (WHERE high), 0) AS high_value_average_order_value,
        CAST(sum(net) FILTER (WHERE NOT high) AS double precision)
            / nullif(sum(orders) FILTER (WHERE NOT high), 0) AS other_average_order_value,
        CAST(sum(taken) FILTER (WHERE high) AS double precision)
            / nullif(CAST(sum(gross) FILTER (WHERE high) AS double precision), 0)
            AS high_value_average_discount,
        CAST(sum(taken) FILTER (WHERE NOT high) AS double precision)
            / nullif(CAST(sum(gross) FILTER (WHERE NOT high) AS double precision), 0)
            AS other_average_discount
    FROM people GROUP BY GROUPING SETS ((), (location))
)
SELECT
    CASE WHEN is_whole = 1 THEN 'All locations' ELSE location END AS location,
    customers, high_value_customers,
    CAST(high_value_customers AS double precision) / customers AS share,
    high_value_average_order_value, other_average_order_value, high_value_average_discount,
    other_average_discount
FROM places
ORDER BY is_whole DESC, high_value_customers DESC, customers DESC, places.location;

-- query: rfm
WITH snapshot AS (
    SELECT CAST(value AS date) AS last_order_on FROM warehouse_facts WHERE fact = 'last_order_on'
), bought AS (
    SELECT
        customer_key, order_key, max(CASE WHEN kind = 'sale' THEN 1 ELSE 0 END) AS has_sale,
        sum(net_amount) FILTER (WHERE kind IN ('sale', 'return')) AS net_sales
    FROM fact_sales WHERE customer_key <> 0 GROUP BY customer_key, order_key
), people AS (
    SELECT
        b.customer_key, CAST(max(o.ordered_at) FILTER (WHERE has_sale = 1) AS date) AS last,
        sum(has_sale) AS frequency, coalesce(sum(net_sales), 0) AS monetary
    FROM bought AS b JOIN dim_order AS o ON o.order_key = b.order_key
    GROUP BY b.customer_key HAVING sum(has_sale) > 0
), ranked AS (
    SELECT
        customer_key, last, frequency, monetary,
        CAST(greatest(count(*) OVER () - 1, 1) AS double precision) AS n,
        rank() OVER (ORDER BY last DESC) - 1 AS r_rank,
        rank() OVER (ORDER BY frequency) - 1 AS f_rank,
        rank() OVER (ORDER BY monetary) - 1 AS m_rank
    FROM people
), scored AS (
    SELECT
        customer_id, $recency AS recency, frequency, monetary,
        CAST(6 - greatest(ceil(r_rank * 5 / n), 1) AS integer) AS r,
        CAST(greatest(ceil(f_rank * 5 / n), 1) AS integer) AS f,
        CAST(greatest(ceil(m_rank * 5 / n), 1) AS integer) AS m
    FROM ranked JOIN dim_customer ON dim_customer.customer_key = ranked.customer_key
    CROSS JOIN snapshot
)
SELECT
    *,
    CASE
        WHEN r <= 2 AND f <= 2 THEN 'Hibernating'
        WHEN r <= 2 AND f <= 4 THEN 'At Risk'
        WHEN r <= 2 THEN 'Can''t Lose'
        WHEN r = 3 AND f <= 2 THEN 'About to Sleep'
        WHEN r = 3 AND f = 3 THEN 'Need Attention'
        WHEN r <= 4 AND f >= 4 THEN 'Loyal Customers'
        WHEN r = 4 AND f = 1 THEN 'Promising'
        WHEN r = 5 AND f = 1 THEN 'New Customers'
        WHEN f <= 3 THEN 'Potential Loyalists'
        ELSE 'Champions'
    END AS segment
FROM scored ORDER BY customer_id;

-- query: segments
WITH grouped AS (
    SELECT
        segment, count(*) AS customers, sum(monetary) AS worth,
        avg(CAST(recency AS double precision)) AS recency,
        avg(CAST(frequency AS double precision)) AS frequency
    FROM ($rfm) AS people GROUP BY segment
)
SELECT
    segment, customers,
    CAST(customers AS double precision) / sum(customers) OVER () AS share_of_customers,
    CAST(worth AS double precision) / CAST(sum(worth) OVER () AS double precision)
        AS share_of_net_sales,
    recency, frequency, CAST(worth AS double precision) / customers AS monetary
FROM grouped ORDER BY worth DESC, segment;
