-- A file of 5 GiB may have more lines than INTEGER holds. Changing the type writes rejected_row and its index anew, while
-- nobody else reads or writes it: about a second for each million rows that are rejected and still kept.
-- AlterTable
ALTER TABLE "import_lane" ALTER COLUMN "next_line" SET DATA TYPE BIGINT;

-- AlterTable
ALTER TABLE "rejected_row" ALTER COLUMN "line" SET DATA TYPE BIGINT;
