import { EventEmitter, once } from 'node:events'

import { createQueues } from '@importer/queue'
import { createLog, NO_TRACING } from '@importer/runtime'
import { expect, test } from 'vitest'

import { openTestDatabase } from '../../../tests/support/open-test-database.ts'
import { createTestDatabase } from '../../../tests/support/test-database.ts'
import { createRevertProcessor } from './process-revert.ts'

const log = createLog({ name: 'worker', level: 'silent' })

test('a revert that is stopped before its end goes back to the queue', async () => {
  const { url } = await createTestDatabase()
  const database = openTestDatabase(url)
  const queues = createQueues({ backend: { kind: 'postgres', databaseUrl: url }, log })
  try {
    const importId = await makeRevertOfOneRow(database)
    const producer = queues.producer('revert')
    const revert = createRevertProcessor({ database, producer, log, tracing: NO_TRACING, onReverted: () => undefined })
    await producer.enqueue({ importId }, { jobId: 'revert-1' })
    const progress = new EventEmitter()
    const taken = once(progress, 'taken')
    const consumer = queues.consume(
      'revert',
      async (payload, context) => {
        const stopping = once(context.signal, 'abort')
        progress.emit('taken')
        await stopping
        await revert(payload, context)
      },
      { concurrency: 1 },
    )
    await taken
    await consumer.close()
    expect(await producer.countWaiting()).toBe(1)
    expect(await database.prisma.redemption.count()).toBe(1)

    const again = queues.consume('revert', revert, { concurrency: 1 })
    const find = async () => database.prisma.import.findUniqueOrThrow({ where: { id: importId } })
    await expect.poll(find, { timeout: 10_000 }).toMatchObject({ status: 'reverted' })
    await again.close()
  } finally {
    await queues.close()
  }
})

async function makeRevertOfOneRow({ prisma }: ReturnType<typeof openTestDatabase>): Promise<number> {
  await prisma.organization.create({ data: { id: 1 } })
  const { id } = await prisma.import.create({
    data: {
      orgId: 1,
      seriesId: 1n,
      status: 'completed',
      fileKey: 'key',
      fileName: 'file.csv',
      bytes: 1n,
      sha256: '0'.repeat(64),
      mapping: {},
      revertRequestedAt: new Date(),
    },
  })
  await prisma.$executeRaw`
    INSERT INTO redemption (coupon_id, customer_id, till_id, redeemed_at, org_id, import_id, row_number, ordinal)
    VALUES (1, 1, 1, now(), 1, ${id}, 1, 1)`
  return id
}
