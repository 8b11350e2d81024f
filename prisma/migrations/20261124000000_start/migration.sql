-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "public";

-- CreateTable
CREATE TABLE "organization" (
    "id" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "organization_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "api_key" (
    "id" SERIAL NOT NULL,
    "org_id" INTEGER NOT NULL,
    "name" TEXT,
    "role" TEXT NOT NULL,
    "key_hash" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "api_key_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "series" (
    "org_id" INTEGER NOT NULL,
    "id" BIGINT NOT NULL,
    "name" TEXT,
    "max_redemptions_per_coupon" INTEGER DEFAULT 1,
    "valid_from" TIMESTAMPTZ(3),
    "valid_till" TIMESTAMPTZ(3),
    "single_use" BOOLEAN NOT NULL DEFAULT true,

    CONSTRAINT "series_pkey" PRIMARY KEY ("org_id","id")
);

-- CreateTable
CREATE TABLE "coupon" (
    "org_id" INTEGER NOT NULL,
    "id" BIGINT NOT NULL,
    "series_id" BIGINT NOT NULL,
    "code" TEXT NOT NULL,
    "code_key" TEXT COLLATE "C" NOT NULL,
    "customer_id" BIGINT,
    "revoked" BOOLEAN NOT NULL DEFAULT false,
    "expires_at" TIMESTAMPTZ(3),

    CONSTRAINT "coupon_pkey" PRIMARY KEY ("org_id","id")
);

-- CreateTable
CREATE TABLE "customer" (
    "org_id" INTEGER NOT NULL,
    "id" BIGINT NOT NULL,
    "mobile" TEXT COLLATE "C",
    "email" TEXT COLLATE "C",
    "external_id" TEXT COLLATE "C",

    CONSTRAINT "customer_pkey" PRIMARY KEY ("org_id","id")
);

-- CreateTable
CREATE TABLE "till" (
    "org_id" INTEGER NOT NULL,
    "id" BIGINT NOT NULL,
    "name" TEXT,

    CONSTRAINT "till_pkey" PRIMARY KEY ("org_id","id")
);

-- CreateTable
CREATE TABLE "redemption" (
    "coupon_id" BIGINT NOT NULL,
    "customer_id" BIGINT NOT NULL,
    "till_id" BIGINT NOT NULL,
    "redeemed_at" TIMESTAMPTZ(3) NOT NULL,
    "org_id" INTEGER NOT NULL,
    "import_id" INTEGER NOT NULL,
    "row_number" INTEGER NOT NULL,
    "ordinal" INTEGER NOT NULL,
    "bill_id" TEXT,
    "bill_number" TEXT,
    "details" TEXT,

    CONSTRAINT "redemption_pkey" PRIMARY KEY ("import_id","row_number")
);

-- CreateTable
CREATE TABLE "import" (
    "id" SERIAL NOT NULL,
    "org_id" INTEGER NOT NULL,
    "series_id" BIGINT NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'queued',
    "lease" INTEGER NOT NULL DEFAULT 0,
    "job_id" TEXT,
    "file_key" TEXT NOT NULL,
    "file_name" TEXT NOT NULL,
    "bytes" BIGINT NOT NULL,
    "sha256" TEXT NOT NULL,
    "mapping" JSONB NOT NULL,
    "delimiter" TEXT,
    "has_header" BOOLEAN,
    "details" TEXT,
    "metadata" JSONB,
    "dry_run" BOOLEAN NOT NULL DEFAULT false,
    "lane_count" INTEGER,
    "total_rows" INTEGER,
    "error_streak" INTEGER NOT NULL DEFAULT 0,
    "cancel_requested_at" TIMESTAMPTZ(3),
    "failure_code" TEXT,
    "failure_message" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "started_at" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "import_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "import_lane" (
    "import_id" INTEGER NOT NULL,
    "lane" INTEGER NOT NULL,
    "lease" INTEGER NOT NULL,
    "next_row" INTEGER NOT NULL DEFAULT 1,
    "next_byte" BIGINT NOT NULL DEFAULT 0,
    "next_line" INTEGER NOT NULL DEFAULT 1,
    "inserted" INTEGER NOT NULL DEFAULT 0,
    "duplicates" INTEGER NOT NULL DEFAULT 0,
    "rejected" INTEGER NOT NULL DEFAULT 0,
    "error_counts" INTEGER[] DEFAULT ARRAY[]::INTEGER[],
    "column_count" INTEGER NOT NULL DEFAULT 0,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "import_lane_pkey" PRIMARY KEY ("import_id","lane")
);

-- CreateTable
CREATE TABLE "rejected_row" (
    "byte_offset" BIGINT NOT NULL,
    "import_id" INTEGER NOT NULL,
    "row_number" INTEGER NOT NULL,
    "line" INTEGER NOT NULL,
    "errors" SMALLINT[],

    CONSTRAINT "rejected_row_pkey" PRIMARY KEY ("import_id","row_number")
);

-- CreateTable
CREATE TABLE "duplicate_row" (
    "import_id" INTEGER NOT NULL,
    "row_number" INTEGER NOT NULL,

    CONSTRAINT "duplicate_row_pkey" PRIMARY KEY ("import_id","row_number")
);

-- CreateIndex
CREATE UNIQUE INDEX "api_key_key_hash_key" ON "api_key"("key_hash");

-- CreateIndex
CREATE INDEX "api_key_org_id_idx" ON "api_key"("org_id");

-- CreateIndex
CREATE UNIQUE INDEX "coupon_org_id_code_key_series_id_key" ON "coupon"("org_id", "code_key", "series_id");

-- CreateIndex
CREATE UNIQUE INDEX "customer_org_id_mobile_key" ON "customer"("org_id", "mobile");

-- CreateIndex
CREATE UNIQUE INDEX "customer_org_id_email_key" ON "customer"("org_id", "email");

-- CreateIndex
CREATE UNIQUE INDEX "customer_org_id_external_id_key" ON "customer"("org_id", "external_id");

-- CreateIndex
CREATE UNIQUE INDEX "redemption_coupon_id_org_id_ordinal_key" ON "redemption"("coupon_id", "org_id", "ordinal");

-- CreateIndex
CREATE UNIQUE INDEX "import_file_key_key" ON "import"("file_key");

-- CreateIndex
CREATE INDEX "import_org_id_series_id_id_idx" ON "import"("org_id", "series_id", "id");

-- AddForeignKey
ALTER TABLE "api_key" ADD CONSTRAINT "api_key_org_id_fkey" FOREIGN KEY ("org_id") REFERENCES "organization"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "import" ADD CONSTRAINT "import_org_id_fkey" FOREIGN KEY ("org_id") REFERENCES "organization"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "import_lane" ADD CONSTRAINT "import_lane_import_id_fkey" FOREIGN KEY ("import_id") REFERENCES "import"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What Prisma's schema cannot say. ---------------------------------------------------------------------------------

-- Identifiers compare byte by byte: no locale has a say in whether a coupon is found, and look-ups cost a third less
-- (COLLATE "C" above).

-- A coupon may be redeemed without limit. The few first redemptions of a coupon are looked through by
-- redemption_coupon_id_org_id_ordinal_key; the others have this index, so that finding a duplicate stays cheap when one
-- code is used a million times, and every other redemption does not pay for a third index.
CREATE UNIQUE INDEX "redemption_repeat_key" ON "redemption" ("coupon_id", "org_id", "customer_id", "till_id", "redeemed_at")
    WHERE "ordinal" > 16;

-- Every batch updates its lane: leave room on the page, so that no index is touched.
ALTER TABLE "import_lane" SET (fillfactor = 50);
ALTER TABLE "import" SET (fillfactor = 70);

-- The state of an import is one of these (import-state.ts).
ALTER TABLE "import" ADD CONSTRAINT "import_status_check"
    CHECK ("status" IN ('queued', 'processing', 'completed', 'failed', 'cancelled', 'reverted'));
ALTER TABLE "api_key" ADD CONSTRAINT "api_key_role_check" CHECK ("role" IN ('read', 'write', 'admin'));

-- The sweep asks for imports that are not finished.
CREATE INDEX "import_unfinished_idx" ON "import" ("updated_at") WHERE "status" IN ('queued', 'processing');

-- Called by a batch that met a redemption which its snapshot does not show: another import has committed it meanwhile.
-- Ends the statement, so nothing of the batch is kept; the worker sends it again.
CREATE FUNCTION "raise_concurrent_redemption"() RETURNS smallint LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    RAISE EXCEPTION 'a coupon of this batch was redeemed by another import meanwhile' USING ERRCODE = 'serialization_failure';
END
$$;

-- Redemptions have no foreign keys (see schema.prisma); this guards them from the other side. The lock lets no batch
-- write a redemption between the look and the commit.
CREATE FUNCTION "forbid_delete_of_redeemed"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    used boolean;
BEGIN
    LOCK TABLE "redemption" IN SHARE ROW EXCLUSIVE MODE;
    EXECUTE format(
        'SELECT EXISTS (SELECT FROM "redemption" r JOIN deleted d ON d.org_id = r.org_id AND d.id = r.%I)', TG_ARGV[0]
    ) INTO used;
    IF used THEN
        RAISE EXCEPTION 'a % that has redemptions cannot be deleted', TG_TABLE_NAME USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER "forbid_delete_of_redeemed" AFTER DELETE ON "coupon" REFERENCING OLD TABLE AS deleted
    FOR EACH STATEMENT EXECUTE FUNCTION "forbid_delete_of_redeemed"('coupon_id');
CREATE TRIGGER "forbid_delete_of_redeemed" AFTER DELETE ON "customer" REFERENCING OLD TABLE AS deleted
    FOR EACH STATEMENT EXECUTE FUNCTION "forbid_delete_of_redeemed"('customer_id');
CREATE TRIGGER "forbid_delete_of_redeemed" AFTER DELETE ON "till" REFERENCING OLD TABLE AS deleted
    FOR EACH STATEMENT EXECUTE FUNCTION "forbid_delete_of_redeemed"('till_id');

-- A coupon that moves to another series may bring redemptions with it that were not counted by that series' limit.
CREATE FUNCTION "forget_single_use"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE "series" SET single_use = false WHERE org_id = NEW.org_id AND id = NEW.series_id AND single_use;
    RETURN NULL;
END
$$;

CREATE TRIGGER "forget_single_use" AFTER UPDATE OF "series_id" ON "coupon"
    FOR EACH ROW WHEN (OLD.series_id IS DISTINCT FROM NEW.series_id) EXECUTE FUNCTION "forget_single_use"();
