-- A load moves only coupons that have no redemptions, and looks before it waits for the batches in flight: what these have redeemed
-- meanwhile stays in its series. The load looks again once it has the lock, and where it finds a redemption it ends with a
-- serialization failure: written again, it sees what the batch has recorded. A version before this one answers 500 then, and
-- loading the data again goes on.
--
-- The two look-ups are those of a load (packages/db/src/sql/upsert-reference.ts): one entry of each index, whatever statistics say.
CREATE OR REPLACE FUNCTION "await_batches"() RETURNS trigger LANGUAGE plpgsql SET lock_timeout = '10s' AS $$
BEGIN
    LOCK TABLE "redemption" IN SHARE ROW EXCLUSIVE MODE;
    IF TG_TABLE_NAME = 'coupon' AND (
        (SELECT true FROM "redemption" r
         WHERE r.coupon_id = NEW.id AND r.org_id = NEW.org_id AND (r.ordinal = 1 AND NOT r.repeatable))
        OR (SELECT true FROM "redemption" r
            WHERE r.coupon_id = NEW.id AND r.org_id = NEW.org_id AND (r.ordinal IS NULL OR r.ordinal > 1 OR r.repeatable)
            ORDER BY r.redeemed_at, r.customer_id, r.till_id LIMIT 1)
    ) THEN
        RAISE EXCEPTION 'coupon % of organization % was redeemed while it was moved', NEW.id, NEW.org_id
            USING ERRCODE = 'serialization_failure';
    END IF;
    RETURN NULL;
END
$$;
