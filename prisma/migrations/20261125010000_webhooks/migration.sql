-- AlterTable
ALTER TABLE "import" ADD COLUMN     "base_url" TEXT,
ADD COLUMN     "callback_url" TEXT;

-- CreateTable
CREATE TABLE "webhook_endpoint" (
    "id" SERIAL NOT NULL,
    "org_id" INTEGER NOT NULL,
    "url" TEXT NOT NULL,
    "description" TEXT,
    "event_types" TEXT[],
    "status" TEXT NOT NULL DEFAULT 'active',
    "disabled_reason" TEXT,
    "failing_since" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "webhook_endpoint_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "webhook_secret" (
    "id" SERIAL NOT NULL,
    "org_id" INTEGER NOT NULL,
    "endpoint_id" INTEGER,
    "secret" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3),

    CONSTRAINT "webhook_secret_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "webhook_event" (
    "id" BIGSERIAL NOT NULL,
    "org_id" INTEGER NOT NULL,
    "type" TEXT NOT NULL,
    "import_id" INTEGER,
    "body" TEXT NOT NULL,
    "occurred_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "webhook_event_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "webhook_delivery" (
    "id" BIGSERIAL NOT NULL,
    "org_id" INTEGER NOT NULL,
    "event_id" BIGINT NOT NULL,
    "endpoint_id" INTEGER,
    "callback_url" TEXT,
    "receiver" TEXT NOT NULL,
    "webhook_id" TEXT NOT NULL DEFAULT ('msg_' || replace((gen_random_uuid())::text, '-', '')),
    "status" TEXT NOT NULL DEFAULT 'pending',
    "failure_code" TEXT,
    "turn" INTEGER NOT NULL DEFAULT 0,
    "attempt_count" INTEGER NOT NULL DEFAULT 0,
    "round_attempts" INTEGER NOT NULL DEFAULT 0,
    "next_attempt_at" TIMESTAMPTZ(3),
    "reserved_until" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "webhook_delivery_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "webhook_attempt" (
    "delivery_id" BIGINT NOT NULL,
    "number" INTEGER NOT NULL,
    "url" TEXT NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "duration_ms" INTEGER,
    "http_status" INTEGER,
    "error_code" TEXT,
    "answer" TEXT,

    CONSTRAINT "webhook_attempt_pkey" PRIMARY KEY ("delivery_id","number")
);

-- CreateIndex
CREATE INDEX "webhook_endpoint_org_id_id_idx" ON "webhook_endpoint"("org_id", "id");

-- CreateIndex
CREATE INDEX "webhook_secret_org_id_endpoint_id_idx" ON "webhook_secret"("org_id", "endpoint_id");

-- CreateIndex
CREATE INDEX "webhook_event_import_id_idx" ON "webhook_event"("import_id");

-- CreateIndex
CREATE UNIQUE INDEX "webhook_delivery_webhook_id_key" ON "webhook_delivery"("webhook_id");

-- CreateIndex
CREATE INDEX "webhook_delivery_org_id_id_idx" ON "webhook_delivery"("org_id", "id");

-- CreateIndex
CREATE INDEX "webhook_delivery_endpoint_id_id_idx" ON "webhook_delivery"("endpoint_id", "id");

-- AddForeignKey
ALTER TABLE "webhook_endpoint" ADD CONSTRAINT "webhook_endpoint_org_id_fkey" FOREIGN KEY ("org_id") REFERENCES "organization"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "webhook_secret" ADD CONSTRAINT "webhook_secret_org_id_fkey" FOREIGN KEY ("org_id") REFERENCES "organization"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "webhook_secret" ADD CONSTRAINT "webhook_secret_endpoint_id_fkey" FOREIGN KEY ("endpoint_id") REFERENCES "webhook_endpoint"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "webhook_event" ADD CONSTRAINT "webhook_event_org_id_fkey" FOREIGN KEY ("org_id") REFERENCES "organization"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "webhook_event" ADD CONSTRAINT "webhook_event_import_id_fkey" FOREIGN KEY ("import_id") REFERENCES "import"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "webhook_delivery" ADD CONSTRAINT "webhook_delivery_event_id_fkey" FOREIGN KEY ("event_id") REFERENCES "webhook_event"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "webhook_delivery" ADD CONSTRAINT "webhook_delivery_endpoint_id_fkey" FOREIGN KEY ("endpoint_id") REFERENCES "webhook_endpoint"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "webhook_attempt" ADD CONSTRAINT "webhook_attempt_delivery_id_fkey" FOREIGN KEY ("delivery_id") REFERENCES "webhook_delivery"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What Prisma's schema cannot say. ---------------------------------------------------------------------------------

-- The words of packages/contracts/src/webhooks.ts.
ALTER TABLE "webhook_endpoint" ADD CONSTRAINT "webhook_endpoint_status_check"
    CHECK ("status" IN ('active', 'disabled', 'deleted'));
ALTER TABLE "webhook_delivery" ADD CONSTRAINT "webhook_delivery_status_check"
    CHECK ("status" IN ('pending', 'delivered', 'failed'));

-- A delivery goes to an endpoint or to a callback URL, and what is pending has a time.
ALTER TABLE "webhook_delivery" ADD CONSTRAINT "webhook_delivery_receiver_check"
    CHECK (("endpoint_id" IS NULL) <> ("callback_url" IS NULL));
ALTER TABLE "webhook_delivery" ADD CONSTRAINT "webhook_delivery_time_check"
    CHECK (("status" = 'pending') = ("next_attempt_at" IS NOT NULL));

-- One delivery per event and endpoint; of callback URLs an event has one at most.
CREATE UNIQUE INDEX "webhook_delivery_event_key" ON "webhook_delivery" ("event_id", "endpoint_id") NULLS NOT DISTINCT;

-- An endpoint, and the organization itself, has one current secret.
CREATE UNIQUE INDEX "webhook_secret_current_key" ON "webhook_secret" ("org_id", "endpoint_id") NULLS NOT DISTINCT
    WHERE "expires_at" IS NULL;

-- The dispatcher asks each receiver for what is due next, and for what of it is reserved. What is done weighs nothing.
CREATE INDEX "webhook_delivery_due_idx" ON "webhook_delivery" ("receiver", "next_attempt_at", "id")
    WHERE "status" = 'pending';
CREATE INDEX "webhook_delivery_reserved_idx" ON "webhook_delivery" ("receiver", "reserved_until")
    WHERE "status" = 'pending';
