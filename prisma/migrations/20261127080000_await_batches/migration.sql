-- How a batch records its redemptions follows from its series as it was when its statement began. Where that changes so that
-- the unique indexes do not show later batches what it writes, it has to end first: a coupon's only redemption is not in
-- redemption_identity_key, and one without an ordinal is not in redemption_ordinal_key. Batches that begin while the change
-- waits for the lock wait behind it, and see both the change and the rows.
--
-- Deferred to the commit: the lock comes after all row locks, so that two changes wait for each other and do not deadlock.
-- No statement_timeout holds there.
CREATE FUNCTION "await_batches"() RETURNS trigger LANGUAGE plpgsql SET lock_timeout = '10s' AS $$
BEGIN
    LOCK TABLE "redemption" IN SHARE ROW EXCLUSIVE MODE;
    RETURN NULL;
END
$$;

CREATE CONSTRAINT TRIGGER "await_batches" AFTER UPDATE ON "series" DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.single_use AND NOT NEW.single_use
                       OR OLD.max_redemptions_per_coupon IS NULL AND NEW.max_redemptions_per_coupon IS NOT NULL)
    EXECUTE FUNCTION "await_batches"();

-- A batch of the series that a coupon leaves may be redeeming it.
CREATE CONSTRAINT TRIGGER "await_batches" AFTER UPDATE OF "series_id" ON "coupon" DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.series_id IS DISTINCT FROM NEW.series_id) EXECUTE FUNCTION "await_batches"();
