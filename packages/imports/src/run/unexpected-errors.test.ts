/** An import with a batch that fails for a reason nobody knows ends, however far its partitions are from each other. */
import { mkdir, rename, rmdir } from 'node:fs/promises'
import path from 'node:path'

import { findImportById } from '@importer/db'
import { expect, test } from 'vitest'

import { DirectImporter } from '../../../../tests/support/direct-importer.ts'
import { queryOnce } from '../../../../tests/support/query-once.ts'
import { createTestDatabase } from '../../../../tests/support/test-database.ts'
import { MAPPING } from '../../test/claim-file.ts'

const ROWS = 600
const SERIES = 3
const MOST_ATTEMPTS = 20
/** In a column that nothing maps: the file has many blocks, so that reading goes on between batches. */
const PADDING = 'x'.repeat(1_000)

const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n + 1)

test.each([1, 3])(
  'the eighth unexpected error without progress fails the import (%i partitions)',
  async (partitionCount) => {
    const { url, ownerUrl } = await createTestDatabase()
    const importer = await DirectImporter.open({ database: { url, ownerUrl }, partitionCount, batchRows: 50 })
    try {
      await importer.load({
        series: `id,maxRedemptionsPerCoupon\n${SERIES},1\n`,
        tills: 'id\n1\n',
        customers: 'id\n1\n',
        coupons: `id,seriesId,code\n${numbers(ROWS)
          .map((n) => `${n},${SERIES},C${n}\n`)
          .join('')}`,
      })
      await queryOnce(
        ownerUrl,
        `CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'nobody knows why' USING ERRCODE = 'XX000'; END $$;
       CREATE TRIGGER fail BEFORE INSERT ON redemption FOR EACH ROW WHEN (NEW.coupon_id = 300) EXECUTE FUNCTION fail()`,
      )
      const { importId } = await importer.create({
        seriesId: SERIES,
        mapping: MAPPING,
        file: Buffer.from(
          numbers(ROWS)
            .map((n) => `${Date.UTC(2024, 5, 1) + n},1,1,C${n},${PADDING}\n`)
            .join(''),
        ),
      })
      let attempts = 0
      let ended = false
      while (!ended && attempts < MOST_ATTEMPTS) {
        attempts += 1
        ended = await importer.run(importId).then(
          () => true,
          () => false,
        )
      }
      expect(await findImportById(importer.database, importId)).toMatchObject({
        status: 'failed',
        failure: { code: 'INTERNAL_ERROR' },
      })
      const [kept] = await queryOnce<{ rows: number }>(ownerUrl, 'SELECT count(*)::int AS rows FROM redemption')
      expect(kept?.rows).toBeGreaterThan(0)
    } finally {
      await importer.close()
    }
  },
)

test('a storage that is unavailable for more jobs than that fails nothing and is one attempt, and the import completes', async () => {
  const importer = await DirectImporter.open({ database: await createTestDatabase(), batchRows: 50 })
  try {
    await importer.load({
      series: `id,maxRedemptionsPerCoupon\n${SERIES},\n`,
      tills: 'id\n1\n',
      customers: 'id\n1\n',
      coupons: `id,seriesId,code\n1,${SERIES},C1\n`,
    })
    const { importId } = await importer.create({
      seriesId: SERIES,
      mapping: MAPPING,
      file: Buffer.from(
        numbers(ROWS)
          .map((n) => `${Date.UTC(2024, 5, 1) + n},1,1,C1\n`)
          .join(''),
      ),
    })
    const { fileKey = '' } = (await findImportById(importer.database, importId)) ?? {}
    const file = path.join(path.dirname(importer.store.location), fileKey)
    // Not even root can read a folder as a file.
    await rename(file, `${file}.away`)
    await mkdir(file)
    for (let job = 1; job <= 10; job += 1) {
      await expect(importer.run(importId)).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
    }
    await rmdir(file)
    await rename(`${file}.away`, file)
    expect(await importer.run(importId)).toEqual({ status: 'finished' })
    expect(await findImportById(importer.database, importId)).toMatchObject({
      status: 'completed',
      attempts: 1,
      counts: { inserted: ROWS },
    })
  } finally {
    await importer.close()
  }
})
