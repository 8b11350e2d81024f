-- The same for series with a limit or without one: the coupon's next ordinals are numbered in file order, and what the
-- limit does not leave is not inserted.
create unlogged table if not exists by_hand_stage (line bigint generated always as identity, redeemed_ms text, till text, customer text, coupon text, bill_id text, bill_number text, details text);
truncate by_hand_stage;
copy by_hand_stage (redeemed_ms, till, customer, coupon, bill_id, bill_number, details) from stdin with (format csv);
with found as (
  select {found_values}
  from by_hand_stage s
  join {coupons} c on {coupon_condition}
  join {customers} u on {customer_condition}
  join {tills} t on {till_condition}
),
numbered as (
  select f.*, row_number() over (partition by f.coupon_id order by f.line) + coalesce(m.top, 0) as ordinal
  from found f
  left join (select coupon_id, max(ordinal) as top from {target} group by coupon_id) m on m.coupon_id = f.coupon_id
)
insert into {target} ({columns})
select {numbered_values} from numbered
where ordinal <= {limit}
order by coupon_id, ordinal
on conflict do nothing;
