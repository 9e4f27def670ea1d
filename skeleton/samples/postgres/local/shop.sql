-- The sample orders of a shop, for local work. Some are flawed, as real ones are.
CREATE TABLE public.orders (
  order_id    bigint PRIMARY KEY,
  customer_id bigint,
  country     text,
  currency    text,
  quantity    int,
  unit_price  numeric(12, 2),
  status      text,
  ordered_at  timestamptz,
  updated_at  timestamptz NOT NULL
);

-- What an incremental read asks for: rows after (updated_at, order_id), in that order.
CREATE INDEX orders_updated_at ON public.orders (updated_at, order_id);

INSERT INTO public.orders
SELECT
  number,
  100 + number * 7 % 31,
  (ARRAY['DE', 'FR', 'GB', 'US', 'PL'])[1 + number % 5],
  (ARRAY['EUR', 'EUR', 'GBP', 'USD', 'EUR'])[1 + number % 5],
  1 + number * 3 % 8,
  round(4.90 + number * 13.37 % 240, 2),
  (ARRAY['placed', 'paid', 'shipped', 'cancelled'])[1 + number * 3 % 4],
  timestamptz '2025-03-01 08:00:00+00' + number * interval '47 minutes',
  -- every third order was updated in the same second as the one before it
  timestamptz '2025-03-02 08:00:00+00' + (number - CASE WHEN number % 3 = 0 THEN 1 ELSE 0 END) * interval '47 minutes'
FROM generate_series(1, 96) AS number;

UPDATE public.orders SET customer_id = NULL WHERE order_id = 17;
UPDATE public.orders SET quantity = -2 WHERE order_id = 38;
UPDATE public.orders SET currency = 'EURO' WHERE order_id = 59;
UPDATE public.orders SET unit_price = NULL WHERE order_id = 80;
