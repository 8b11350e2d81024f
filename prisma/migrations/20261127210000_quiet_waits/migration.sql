-- A change of reference data waits at its commit for the batches in flight (await_batches). That it cannot wait any longer, or finds a
-- coupon redeemed, is expected too, and raised outside of the function it would stand in PostgreSQL's log: so the function has
-- the trigger run at its end, still after all row locks.
--
-- A lock that was not given in time is answered as a cancel is, which versions before this one know: the database is unavailable.
CREATE OR REPLACE FUNCTION "try_statement"(
    "statement" text, "numbers" bigint[],
    i1 int[] DEFAULT NULL, i2 int[] DEFAULT NULL, i3 int[] DEFAULT NULL, i4 int[] DEFAULT NULL,
    b1 bigint[] DEFAULT NULL, b2 bigint[] DEFAULT NULL, b3 bigint[] DEFAULT NULL, b4 bigint[] DEFAULT NULL,
    b5 bigint[] DEFAULT NULL, b6 bigint[] DEFAULT NULL, b7 bigint[] DEFAULT NULL, b8 bigint[] DEFAULT NULL,
    b9 bigint[] DEFAULT NULL, b10 bigint[] DEFAULT NULL, b11 bigint[] DEFAULT NULL, b12 bigint[] DEFAULT NULL,
    b13 bigint[] DEFAULT NULL, b14 bigint[] DEFAULT NULL, b15 bigint[] DEFAULT NULL, b16 bigint[] DEFAULT NULL,
    t1 text[] DEFAULT NULL, t2 text[] DEFAULT NULL, t3 text[] DEFAULT NULL, t4 text[] DEFAULT NULL,
    t5 text[] DEFAULT NULL, t6 text[] DEFAULT NULL, t7 text[] DEFAULT NULL, t8 text[] DEFAULT NULL,
    t9 text[] DEFAULT NULL, t10 text[] DEFAULT NULL, t11 text[] DEFAULT NULL, t12 text[] DEFAULT NULL,
    t13 text[] DEFAULT NULL, t14 text[] DEFAULT NULL, t15 text[] DEFAULT NULL, t16 text[] DEFAULT NULL,
    OUT "conflict" text, OUT "result" jsonb
) LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    found_row record;
    given_rows int;
BEGIN
    EXECUTE "statement" INTO found_row
    USING "numbers", i1, i2, i3, i4,
          b1, b2, b3, b4, b5, b6, b7, b8,
          b9, b10, b11, b12, b13, b14, b15, b16,
          t1, t2, t3, t4, t5, t6, t7, t8,
          t9, t10, t11, t12, t13, t14, t15, t16;
    GET DIAGNOSTICS given_rows = ROW_COUNT;
    IF given_rows > 0 THEN
        "result" := to_jsonb(found_row);
    END IF;
    SET CONSTRAINTS ALL IMMEDIATE;
EXCEPTION WHEN unique_violation OR serialization_failure OR deadlock_detected THEN
    "conflict" := SQLSTATE;
WHEN query_canceled THEN
    -- An action cancels the batch in its way. A statement that takes too long has the same SQLSTATE and belongs into the log.
    IF clock_timestamp() - statement_timestamp() > current_setting('statement_timeout')::interval / 2 THEN
        RAISE;
    END IF;
    "conflict" := SQLSTATE;
WHEN lock_not_available THEN
    "conflict" := '57014';
END
$$;
