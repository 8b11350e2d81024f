-- How long the oldest delivery waits is asked with every look at the metrics: not at the cost of those that are over.
CREATE INDEX "webhook_delivery_pending_idx" ON "webhook_delivery" ("created_at") WHERE "status" = 'pending';
