-- Cancelling takes the lease from an import's lanes, in one transaction with its status: there is no request that a worker
-- would have to see.
ALTER TABLE "import" DROP COLUMN "cancel_requested_at";
