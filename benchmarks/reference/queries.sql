-- query: kpis
WITH sums AS (
    SELECT
        coalesce(sum(gross_amount) FILTER (kind = 'sale'), 0) AS gross_sales,
        coalesce(sum(discount_amount) FILTER (kind = 'sale'), 0) AS discounts,
        -coalesce(sum(net_amount) FILTER (kind = 'return'), 0) AS returns,
        coalesce(sum(net_amount) FILTER (kind IN ('sale', 'return')), 0) AS net_sales,
        count(DISTINCT order_key) FILTER (kind = 'sale') AS orders,
        sum(quantity) FILTER (kind = 'sale') AS units,
        sum(net_amount) FILTER (kind = 'sale') AS sold
    FROM fact_sales
), buyers AS (
    SELECT count(*) AS customers, count(*) FILTER (orders > 1) AS again
    FROM (
        SELECT count(DISTINCT order_key) AS orders FROM fact_sales
        WHERE kind = 'sale' AND customer_key <> 0 GROUP BY customer_key
    )
)
SELECT
    gross_sales, discounts, returns, net_sales, orders, customers,
    net_sales::DOUBLE / orders AS average_order_value,
    units::DOUBLE / orders AS units_per_order,
    again / customers AS repeat_rate,
    returns::DOUBLE / sold::DOUBLE AS return_rate
FROM sums, buyers;

-- query: monthly_sales
WITH sold AS (
    SELECT
        date_trunc('month', ordered_on)::DATE AS month,
        coalesce(sum(net_amount) FILTER (kind IN ('sale', 'return')), 0) AS net_sales,
        count(DISTINCT order_key) FILTER (kind = 'sale') AS orders
    FROM fact_sales GROUP BY ALL
), months AS (
    SELECT month, bool_and(is_observed) AS is_complete
    FROM dim_date GROUP BY month HAVING bool_or(is_observed)
), every AS (
    SELECT
        month, coalesce(net_sales, 0) AS net_sales, coalesce(orders, 0) AS orders, is_complete,
        lag(coalesce(net_sales, 0)) OVER (ORDER BY month) AS before,
        is_complete AND lag(is_complete) OVER (ORDER BY month) AS comparable
    FROM months LEFT JOIN sold USING (month)
)
SELECT
    month, net_sales, orders,
    CASE WHEN comparable AND before > 0
        THEN (net_sales - before)::DOUBLE / before::DOUBLE END AS growth,
    is_complete
FROM every ORDER BY month;

-- query: monthly_orders
WITH counted AS (
    SELECT
        month,
        count(*) FILTER (kind = 'sale') AS placed,
        count(*) FILTER (kind IN ('return', 'cancelled')) AS cancelled
    FROM dim_order GROUP BY month
), months AS (
    SELECT month, bool_and(is_observed) AS is_complete
    FROM dim_date GROUP BY month HAVING bool_or(is_observed)
)
SELECT
    month, coalesce(placed + cancelled, 0) AS invoices, coalesce(placed, 0) AS placed,
    coalesce(cancelled, 0) AS cancelled, is_complete
FROM months LEFT JOIN counted USING (month) ORDER BY month;

-- query: monthly_customers
WITH visits AS (
    SELECT DISTINCT date_trunc('month', ordered_on)::DATE AS month, customer_key
    FROM fact_sales WHERE kind = 'sale' AND customer_key <> 0
), counted AS (
    SELECT
        month, count(*) AS active,
        count(*) FILTER (month = date_trunc('month', first_order_at)) AS new
    FROM visits JOIN dim_customer USING (customer_key) GROUP BY month
), months AS (
    SELECT month, bool_and(is_observed) AS is_complete
    FROM dim_date GROUP BY month HAVING bool_or(is_observed)
)
SELECT
    month, coalesce(active, 0) AS active, coalesce(new, 0) AS new,
    coalesce(active - new, 0) AS returning, is_complete
FROM months LEFT JOIN counted USING (month) ORDER BY month;

-- query: cohorts
WITH lines AS (
    SELECT
        date_trunc('month', first_order_at)::DATE AS cohort,
        date_trunc('month', ordered_on)::DATE AS month,
        customer_key, kind, net_amount
    FROM fact_sales JOIN dim_customer USING (customer_key)
    WHERE kind IN ('sale', 'return') AND customer_key <> 0 AND first_order_at IS NOT NULL
), bought AS (
    SELECT
        cohort, month, count(DISTINCT customer_key) FILTER (kind = 'sale') AS customers,
        sum(net_amount) AS net_sales
    FROM lines GROUP BY cohort, month HAVING customers > 0
), sizes AS (
    SELECT cohort, customers AS size FROM bought WHERE cohort = month
), months AS (
    SELECT month, bool_and(is_observed) AS is_complete
    FROM dim_date GROUP BY month HAVING bool_or(is_observed)
), cells AS (
    SELECT
        cohort, size, months_since,
        (cohort + to_months(months_since::INTEGER))::DATE AS month
    FROM sizes,
        generate_series(0, (SELECT date_diff('month', min(month), max(month)) FROM months))
            AS steps(months_since)
)
SELECT
    cohort, months_since,
    CASE WHEN is_complete IS NOT NULL THEN coalesce(customers, 0) END AS customers,
    CASE WHEN is_complete IS NOT NULL THEN coalesce(customers, 0) END / size AS share,
    CASE WHEN is_complete IS NOT NULL THEN coalesce(net_sales, 0) END AS net_sales,
    is_complete
FROM cells
LEFT JOIN months USING (month)
LEFT JOIN bought USING (cohort, month)
ORDER BY cohort, months_since;

-- query: order_amounts
WITH amounts AS (
    SELECT sum(net_amount) AS amount FROM fact_sales
    WHERE kind IN ('sale', 'return') GROUP BY order_key HAVING amount > 0
), edge AS (
    SELECT quantile_cont(amount::DOUBLE, 0.85) AS edge FROM amounts
), scopes AS (
    SELECT 0 AS place, 'all orders' AS scope, amount FROM amounts
    UNION ALL
    SELECT 1, 'below the 85th percentile', amount FROM amounts, edge WHERE amount::DOUBLE < edge
), modes AS (
    SELECT place, amount AS mode FROM scopes GROUP BY place, amount
    QUALIFY row_number() OVER (PARTITION BY place ORDER BY count(*) DESC, amount) = 1
)
SELECT
    scope, count(*) AS orders, min(amount) AS min, avg(amount::DOUBLE) AS mean,
    median(amount::DOUBLE) AS median, any_value(mode) AS mode, max(amount) AS max
FROM scopes JOIN modes USING (place) GROUP BY place, scope ORDER BY place;

-- query: sales_by product
SELECT
    product_id, product_name,
    coalesce(sum(net_amount), 0) AS net_sales,
    count(DISTINCT order_key) FILTER (kind = 'sale') AS orders,
    count(DISTINCT customer_key) FILTER (kind = 'sale' AND customer_key <> 0) AS customers,
    coalesce(sum(quantity) FILTER (kind = 'sale'), 0) AS units,
    sum(net_amount)::DOUBLE / nullif(orders, 0) AS average_order_value,
    sum(net_amount)::DOUBLE / sum(sum(net_amount)) OVER ()::DOUBLE AS share
FROM fact_sales JOIN dim_product USING (product_key)
WHERE kind IN ('sale', 'return')
GROUP BY product_id, product_name ORDER BY net_sales DESC, product_id, product_name;

-- query: sales_by location
SELECT
    location,
    coalesce(sum(net_amount), 0) AS net_sales,
    count(DISTINCT order_key) FILTER (f.kind = 'sale') AS orders,
    count(DISTINCT f.customer_key) FILTER (f.kind = 'sale' AND f.customer_key <> 0) AS customers,
    coalesce(sum(quantity) FILTER (f.kind = 'sale'), 0) AS units,
    sum(net_amount)::DOUBLE / nullif(orders, 0) AS average_order_value,
    sum(net_amount)::DOUBLE / sum(sum(net_amount)) OVER ()::DOUBLE AS share
FROM fact_sales f JOIN dim_order USING (order_key)
WHERE f.kind IN ('sale', 'return')
GROUP BY location ORDER BY net_sales DESC, location;

-- query: sales_by weekday
SELECT
    weekday_name AS weekday,
    coalesce(sum(net_amount), 0) AS net_sales,
    count(DISTINCT order_key) FILTER (kind = 'sale') AS orders,
    count(DISTINCT customer_key) FILTER (kind = 'sale' AND customer_key <> 0) AS customers,
    coalesce(sum(quantity) FILTER (kind = 'sale'), 0) AS units,
    sum(net_amount)::DOUBLE / nullif(orders, 0) AS average_order_value,
    sum(net_amount)::DOUBLE / sum(sum(net_amount)) OVER ()::DOUBLE AS share
FROM fact_sales JOIN dim_date ON ordered_on = date
WHERE kind IN ('sale', 'return')
GROUP BY dim_date.weekday, weekday_name ORDER BY dim_date.weekday;

-- query: discount_bands
WITH placed AS (
    SELECT
        CASE WHEN discount_amount = 0 THEN 0
            ELSE least(11, ceil(abs(discount_amount) * 20 / abs(gross_amount)))
        END::INTEGER AS place,
        net_amount, order_key
    FROM fact_sales WHERE kind = 'sale'
)
SELECT
    CASE place WHEN 0 THEN '0%' WHEN 11 THEN 'over 50%'
        ELSE concat('over ', place * 5 - 5, '% to ', place * 5, '%') END AS band,
    sum(net_amount) AS net_sales, count(DISTINCT order_key) AS orders,
    sum(net_amount)::DOUBLE / sum(sum(net_amount)) OVER ()::DOUBLE AS share
FROM placed GROUP BY place ORDER BY place;

-- query: high_value
WITH sums AS (
    SELECT
        customer_key,
        coalesce(sum(net_amount) FILTER (kind IN ('sale', 'return')), 0) AS net,
        sum(gross_amount) FILTER (kind = 'sale') AS gross,
        sum(discount_amount) FILTER (kind = 'sale') AS taken,
        count(DISTINCT order_key) FILTER (kind = 'sale') AS orders
    FROM fact_sales WHERE customer_key <> 0 GROUP BY customer_key
), people AS (
    SELECT location, is_high_value AS high, net, gross, taken, sums.orders
    FROM sums JOIN dim_customer USING (customer_key) WHERE sums.orders > 0
)
SELECT
    CASE WHEN grouping(location) = 1 THEN 'All locations' ELSE location END AS location,
    count(*) AS customers,
    count(*) FILTER (high) AS high_value_customers,
    count(*) FILTER (high) / count(*) AS share,
    sum(net) FILTER (high)::DOUBLE / nullif(sum(people.orders) FILTER (high), 0)
        AS high_value_average_order_value,
    sum(net) FILTER (NOT high)::DOUBLE / nullif(sum(people.orders) FILTER (NOT high), 0)
        AS other_average_order_value,
    sum(taken) FILTER (high)::DOUBLE / nullif(sum(gross) FILTER (high)::DOUBLE, 0)
        AS high_value_average_discount,
    sum(taken) FILTER (NOT high)::DOUBLE / nullif(sum(gross) FILTER (NOT high)::DOUBLE, 0)
        AS other_average_discount
FROM people GROUP BY GROUPING SETS ((), (location))
ORDER BY grouping(people.location) DESC, high_value_customers DESC, customers DESC, location;

-- query: rfm
WITH people AS (
    SELECT
        f.customer_key,
        max(o.ordered_at) FILTER (f.kind = 'sale') AS last,
        count(DISTINCT order_key) FILTER (f.kind = 'sale') AS frequency,
        coalesce(sum(net_amount) FILTER (f.kind IN ('sale', 'return')), 0) AS monetary
    FROM fact_sales f JOIN dim_order o USING (order_key), warehouse_facts
    WHERE f.customer_key <> 0 AND o.ordered_at < last_order_on + 1
    GROUP BY f.customer_key HAVING frequency > 0
), ranked AS (
    SELECT
        customer_key, (SELECT last_order_on + 1 FROM warehouse_facts) - last::DATE AS recency,
        frequency, monetary,
        greatest(count(*) OVER () - 1, 1) AS n,
        rank() OVER (ORDER BY last::DATE DESC) - 1 AS r_rank,
        rank() OVER (ORDER BY frequency) - 1 AS f_rank,
        rank() OVER (ORDER BY monetary) - 1 AS m_rank
    FROM people
), scored AS (
    SELECT
        customer_id, recency, frequency, monetary,
        6 - greatest((r_rank * 5 + n - 1) // n, 1) AS r,
        greatest((f_rank * 5 + n - 1) // n, 1) AS f,
        greatest((m_rank * 5 + n - 1) // n, 1) AS m
    FROM ranked JOIN dim_customer USING (customer_key)
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
SELECT
    segment, count(*) AS customers,
    count(*) / sum(count(*)) OVER () AS share_of_customers,
    sum(monetary)::DOUBLE / sum(sum(monetary)) OVER ()::DOUBLE AS share_of_net_sales,
    avg(recency) AS recency, avg(frequency) AS frequency,
    sum(monetary)::DOUBLE / count(*) AS monetary
FROM ($rfm) GROUP BY segment ORDER BY sum(monetary) DESC, segment;
