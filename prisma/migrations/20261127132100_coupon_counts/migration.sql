-- AlterTable
ALTER TABLE "series" ADD COLUMN     "limit_changes" INTEGER NOT NULL DEFAULT 0;

-- CreateTable
CREATE TABLE "coupon_count" (
    "coupon_id" BIGINT NOT NULL,
    "org_id" INTEGER NOT NULL,
    "series_id" BIGINT NOT NULL,
    "limit_changes" INTEGER NOT NULL,
    "reverts" INTEGER NOT NULL,
    "recorded" INTEGER NOT NULL,

    CONSTRAINT "coupon_count_pkey" PRIMARY KEY ("coupon_id","org_id")
);

-- What Prisma's schema cannot say. ---------------------------------------------------------------------------------

-- The organization is an expression, so that nothing else has a use for this index, and the statement of a batch none for another.
CREATE INDEX "import_reverts_idx" ON "import" (("org_id" + 0)) WHERE "revert_requested_at" IS NOT NULL;

CREATE OR REPLACE FUNCTION "remember_limits"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.was_single_use := coalesce(NEW.max_redemptions_per_coupon = 1, false);
        NEW.was_unlimited := NEW.max_redemptions_per_coupon IS NULL;
    ELSE
        NEW.was_single_use := NEW.was_single_use OR coalesce(NEW.max_redemptions_per_coupon = 1, false);
        NEW.was_unlimited := NEW.was_unlimited OR NEW.max_redemptions_per_coupon IS NULL;
        IF NEW.max_redemptions_per_coupon IS DISTINCT FROM OLD.max_redemptions_per_coupon THEN
            NEW.limit_changes := OLD.limit_changes + 1;
        END IF;
    END IF;
    NEW.single_use := NEW.single_use AND coalesce(NEW.max_redemptions_per_coupon = 1, false);
    RETURN NEW;
END
$$;

CREATE POLICY organization ON "coupon_count" USING (CASE WHEN org_id <> (
    SELECT CASE coalesce(current_setting('importer.org_id', true), '')
           WHEN '' THEN NULL WHEN 'all' THEN NULL WHEN 'none' THEN -2147483648
           ELSE current_setting('importer.org_id', true)::int END) THEN NULL ELSE true END IS NOT NULL);
ALTER TABLE "coupon_count" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
