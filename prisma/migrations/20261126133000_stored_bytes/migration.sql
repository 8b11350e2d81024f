-- How much an organization stores is summed up from the index alone (storage-quota.ts).
CREATE INDEX "import_stored_idx" ON "import" ("org_id") INCLUDE ("bytes", "upload_bytes") WHERE "expired_at" IS NULL;
