-- AlterTable
ALTER TABLE "series" ADD COLUMN     "was_single_use" BOOLEAN NOT NULL DEFAULT true,
ADD COLUMN     "was_unlimited" BOOLEAN NOT NULL DEFAULT false;

-- AlterTable
ALTER TABLE "redemption" ALTER COLUMN "ordinal" DROP NOT NULL,
ADD COLUMN     "repeatable" BOOLEAN NOT NULL DEFAULT false;

-- AlterTable
ALTER TABLE "dry_redemption" ALTER COLUMN "ordinal" DROP NOT NULL,
ADD COLUMN     "repeatable" BOOLEAN NOT NULL DEFAULT false;

-- AlterTable
ALTER TABLE "import" ADD COLUMN     "partition_by" TEXT,
ADD COLUMN     "dry_rows_removed_at" TIMESTAMPTZ(3);

-- What Prisma's schema cannot say. ---------------------------------------------------------------------------------
--
-- Nothing here rewrites redemption: the columns have constant defaults, and each index is built by one pass over the
-- table and a sort.

-- How an import's rows are spread over its partitions: by their coupon, or by their redemption (time and till).
ALTER TABLE "import" ADD CONSTRAINT "import_partition_by_check" CHECK ("partition_by" IN ('coupon', 'redemption'));

-- Two indexes on redemptions, each of which serves look-ups that the other cannot serve, because their predicates do not
-- imply each other: whatever statistics say, or do not say, the planner has no second way to choose.
--
-- The nth redemption of a coupon that has a limit. Built first: a batch that competes for a coupon waits here before it
-- enters the other index, so two batches do not wait for each other.
DROP INDEX "redemption_coupon_id_org_id_ordinal_key";
CREATE UNIQUE INDEX "redemption_ordinal_key" ON "redemption" ("coupon_id", "org_id", "ordinal")
    WHERE "ordinal" IS NOT NULL;

-- The same redemption recorded twice is no redemption of its own; where imports and reverts met at one coupon, the index
-- of before, which knew only ordinals above 16, could let one pass.
DELETE FROM "redemption" r USING (
    SELECT import_id, row_number, row_number() OVER (
        PARTITION BY coupon_id, org_id, redeemed_at, customer_id, till_id ORDER BY import_id, row_number
    ) AS copy
    FROM "redemption" WHERE "ordinal" > 1
) c WHERE c.copy > 1 AND r.import_id = c.import_id AND r.row_number = c.row_number;

-- One redemption as such. A coupon's only redemption in a series whose limit is 1 is not in here and pays nothing for it.
-- The time stands before customer and till: imports enter the index where time has got to, not everywhere.
DROP INDEX "redemption_repeat_key";
CREATE UNIQUE INDEX "redemption_identity_key" ON "redemption" ("coupon_id", "org_id", "redeemed_at", "customer_id", "till_id")
    WHERE "ordinal" IS NULL OR "ordinal" > 1 OR "repeatable";

-- The same for dry runs, each a world of its own. The import is an expression, so that a look-up that asks for it in this
-- form has no use for the primary key, which begins with the import.
DROP INDEX "dry_redemption_coupon_id_org_id_ordinal_import_id_key";

-- A dry run counts its own rows now, apart from the redemptions. What is of none that can go on is not needed.
DELETE FROM "dry_redemption" WHERE "import_id" IN (SELECT id FROM "import" WHERE "status" IN ('completed', 'reverted'));
UPDATE "dry_redemption" d SET "ordinal" = n.ordinal, "repeatable" = true
FROM (
    SELECT import_id, row_number, row_number() OVER (PARTITION BY import_id, coupon_id ORDER BY "ordinal") AS ordinal
    FROM "dry_redemption"
) n WHERE n.import_id = d.import_id AND n.row_number = d.row_number;
UPDATE "import" SET "dry_rows_removed_at" = now() WHERE "dry_run" AND "status" IN ('completed', 'reverted');

CREATE UNIQUE INDEX "dry_redemption_ordinal_key" ON "dry_redemption" ("coupon_id", "org_id", ("import_id" + 0), "ordinal")
    WHERE "ordinal" IS NOT NULL;
CREATE UNIQUE INDEX "dry_redemption_identity_key" ON "dry_redemption"
    ("coupon_id", "org_id", "redeemed_at", "customer_id", "till_id", ("import_id" + 0)) WHERE "repeatable";

-- The reconciler asks for dry runs that are over and whose rows are still there.
CREATE INDEX "import_dry_rows_idx" ON "import" ("finished_at") WHERE "dry_run" AND "dry_rows_removed_at" IS NULL;

-- What a series has been decides what of its redemptions can be anywhere: until now all had ordinals.
UPDATE "series" SET "was_unlimited" = true WHERE "max_redemptions_per_coupon" IS NULL;

CREATE FUNCTION "remember_limits"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.was_single_use := coalesce(NEW.max_redemptions_per_coupon = 1, false);
        NEW.was_unlimited := NEW.max_redemptions_per_coupon IS NULL;
    ELSE
        NEW.was_single_use := NEW.was_single_use OR coalesce(NEW.max_redemptions_per_coupon = 1, false);
        NEW.was_unlimited := NEW.was_unlimited OR NEW.max_redemptions_per_coupon IS NULL;
    END IF;
    NEW.single_use := NEW.single_use AND coalesce(NEW.max_redemptions_per_coupon = 1, false);
    RETURN NEW;
END
$$;

CREATE TRIGGER "remember_limits" BEFORE INSERT OR UPDATE ON "series"
    FOR EACH ROW EXECUTE FUNCTION "remember_limits"();

-- A coupon that moves to another series may bring redemptions of any kind.
CREATE OR REPLACE FUNCTION "forget_single_use"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE "series" SET single_use = false, was_single_use = true, was_unlimited = true
    WHERE org_id = NEW.org_id AND id = NEW.series_id AND (single_use OR NOT was_single_use OR NOT was_unlimited);
    RETURN NULL;
END
$$;
