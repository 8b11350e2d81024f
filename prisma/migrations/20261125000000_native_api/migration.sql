-- AlterTable
ALTER TABLE "import" ADD COLUMN     "encoding" TEXT NOT NULL DEFAULT 'utf-8',
ADD COLUMN     "idempotency_key" TEXT,
ADD COLUMN     "max_error_ratio" DOUBLE PRECISION,
ADD COLUMN     "max_errors" INTEGER,
ADD COLUMN     "request_hash" TEXT,
ADD COLUMN     "resumed_at" TIMESTAMPTZ(3),
ADD COLUMN     "retry_of" INTEGER,
ADD COLUMN     "revert_requested_at" TIMESTAMPTZ(3),
ADD COLUMN     "upload_bytes" BIGINT,
ADD COLUMN     "upload_file_key" TEXT,
ADD COLUMN     "upload_sha256" TEXT;

-- CreateTable
CREATE TABLE "idempotency_claim" (
    "org_id" INTEGER NOT NULL,
    "key" TEXT NOT NULL,
    "token" TEXT NOT NULL,
    "claimed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "idempotency_claim_pkey" PRIMARY KEY ("org_id","key")
);

-- CreateTable
CREATE TABLE "dry_redemption" (
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

    CONSTRAINT "dry_redemption_pkey" PRIMARY KEY ("import_id","row_number")
);

-- CreateIndex
CREATE UNIQUE INDEX "dry_redemption_coupon_id_org_id_ordinal_import_id_key" ON "dry_redemption"("coupon_id", "org_id", "ordinal", "import_id");

-- CreateIndex
CREATE UNIQUE INDEX "import_upload_file_key_key" ON "import"("upload_file_key");

-- CreateIndex
CREATE UNIQUE INDEX "import_retry_of_key" ON "import"("retry_of");

-- CreateIndex
CREATE INDEX "import_org_id_id_idx" ON "import"("org_id", "id");

-- CreateIndex
CREATE INDEX "import_org_id_sha256_idx" ON "import"("org_id", "sha256");

-- CreateIndex
CREATE UNIQUE INDEX "import_org_id_idempotency_key_key" ON "import"("org_id", "idempotency_key");

-- What Prisma's schema cannot say. ---------------------------------------------------------------------------------

-- The sweep asks for reverts that are not finished.
CREATE INDEX "import_reverting_idx" ON "import" ("revert_requested_at")
    WHERE "revert_requested_at" IS NOT NULL AND "status" <> 'reverted';
