-- The opponent of the reference benchmark: \copy of the same file, and one upsert of all of it.
create unlogged table if not exists by_hand_coupons (id text, series_id text, code text, customer_id text, status text, expires_at text);
truncate by_hand_coupons;
copy by_hand_coupons from stdin with (format csv, header);
insert into {target} (org_id, id, series_id, code, code_key, customer_id, revoked, expires_at)
select {org}, id::bigint, series_id::bigint, code, lower(code), customer_id::bigint, coalesce(status, 'ACTIVE') = 'REVOKED', expires_at::timestamptz
from by_hand_coupons
on conflict (org_id, id) do update
set series_id = excluded.series_id, code = excluded.code, code_key = excluded.code_key,
    customer_id = excluded.customer_id, revoked = excluded.revoked, expires_at = excluded.expires_at;
