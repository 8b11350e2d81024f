-- The importer looks up every row's customer and coupon here. The identifier stands first, as the organization is the
-- same for all rows of a file: comparing it first is a comparison more on each step down. What the look-up asks for is
-- included (Prisma's schema cannot say so), so that it need not go to the table.
DROP INDEX "customer_org_id_mobile_key";
DROP INDEX "customer_org_id_email_key";
DROP INDEX "customer_org_id_external_id_key";
DROP INDEX "coupon_org_id_code_key_series_id_key";

-- CreateIndex
CREATE UNIQUE INDEX "customer_mobile_org_id_key" ON "customer"("mobile", "org_id") INCLUDE ("id");

-- CreateIndex
CREATE UNIQUE INDEX "customer_email_org_id_key" ON "customer"("email", "org_id") INCLUDE ("id");

-- CreateIndex
CREATE UNIQUE INDEX "customer_external_id_org_id_key" ON "customer"("external_id", "org_id") INCLUDE ("id");

-- CreateIndex
CREATE UNIQUE INDEX "coupon_code_key_org_id_series_id_key" ON "coupon"("code_key", "org_id", "series_id")
  INCLUDE ("id", "customer_id", "revoked", "expires_at");
