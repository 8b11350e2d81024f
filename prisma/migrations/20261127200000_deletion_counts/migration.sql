-- AlterTable
ALTER TABLE "coupon_count" ADD COLUMN     "deletions" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "filled_to" INTEGER NOT NULL DEFAULT 0,
ALTER COLUMN "reverts" SET DEFAULT -1;

-- CreateTable
CREATE TABLE "deletion_count" (
    "org_id" INTEGER NOT NULL,
    "series_id" BIGINT NOT NULL,
    "deletions" INTEGER NOT NULL,

    CONSTRAINT "deletion_count_pkey" PRIMARY KEY ("org_id","series_id")
);

-- What Prisma's schema cannot say. ---------------------------------------------------------------------------------

-- Counts of the version before name how many imports were reverted, at least 0, and those of this one -1: neither takes the other's for
-- its own. That column and import_reverts_idx are of use to that version alone, and are left to it.

-- In the transaction that deletes, so that who sees the deletion sees its count. Rows of an import are of its series: a coupon is not
-- moved while it has redemptions. A table of its own, as a load of reference data that holds the series' row may wait for redemption.
CREATE FUNCTION "count_deletion"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO "deletion_count" AS d (org_id, series_id, deletions)
    SELECT DISTINCT i.org_id, i.series_id, 1
    FROM (SELECT DISTINCT import_id FROM deleted) r JOIN "import" i ON i.id = r.import_id
    ORDER BY i.org_id, i.series_id
    ON CONFLICT (org_id, series_id) DO UPDATE SET deletions = d.deletions + 1;
    RETURN NULL;
END
$$;

CREATE TRIGGER "count_deletion" AFTER DELETE ON "redemption" REFERENCING OLD TABLE AS deleted
    FOR EACH STATEMENT EXECUTE FUNCTION "count_deletion"();

CREATE POLICY organization ON "deletion_count" USING (CASE WHEN org_id <> (
    SELECT CASE coalesce(current_setting('importer.org_id', true), '')
           WHEN '' THEN NULL WHEN 'all' THEN NULL WHEN 'none' THEN -2147483648
           ELSE current_setting('importer.org_id', true)::int END) THEN NULL ELSE true END IS NOT NULL);
ALTER TABLE "deletion_count" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
