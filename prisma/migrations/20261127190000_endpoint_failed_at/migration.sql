-- AlterTable
ALTER TABLE "webhook_endpoint" ADD COLUMN     "failed_at" TIMESTAMPTZ(3);
