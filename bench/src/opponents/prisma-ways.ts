import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'

import type { Database } from '@importer/db'

import type { FileToImport } from '../import-run.ts'

/**
 * The two ways in which files are usually imported through an ORM, on a client that is connected and has one pool. They
 * do less than ours: nothing is reported, resumed or held against rules.
 */
export type PrismaWay = (database: Database, file: FileToImport) => Promise<void>

const BATCH_ROWS = 1_000
const IMPORT_ID = 999_999_998

interface Row {
  readonly number: number
  readonly redeemedAt: Date
  readonly tillId: bigint
  readonly mobile: string
  readonly codeKey: string
  readonly billId: string
  readonly billNumber: string
}

/** `findMany … in` for coupons, customers and tills, then `createMany`, a thousand rows at a time. */
export const importByCreateMany: PrismaWay = async ({ prisma }, file) => {
  const { orgId, seriesId } = file.world
  for await (const batch of readBatches(file)) {
    const [coupons, customers, tills] = await Promise.all([
      prisma.coupon.findMany({
        where: { orgId, seriesId: BigInt(seriesId), codeKey: { in: batch.map(({ codeKey }) => codeKey) } },
        select: { id: true, codeKey: true },
      }),
      prisma.customer.findMany({
        where: { orgId, mobile: { in: batch.map(({ mobile }) => mobile) } },
        select: { id: true, mobile: true },
      }),
      prisma.till.findMany({
        where: { orgId, id: { in: [...new Set(batch.map(({ tillId }) => tillId))] } },
        select: { id: true },
      }),
    ])
    const couponIds = new Map(coupons.map(({ id, codeKey }) => [codeKey, id]))
    const customerIds = new Map(customers.map(({ id, mobile }) => [mobile, id]))
    const tillIds = new Set(tills.map(({ id }) => id))
    const data = []
    for (const row of batch) {
      const couponId = couponIds.get(row.codeKey)
      const customerId = customerIds.get(row.mobile)
      if (couponId === undefined || customerId === undefined || !tillIds.has(row.tillId)) continue
      data.push(describeRedemption(orgId, row, couponId, customerId))
    }
    await prisma.redemption.createMany({ data, skipDuplicates: true })
  }
}

/** `findUnique` three times and `create`, row by row. */
export const importRowByRow: PrismaWay = async ({ prisma }, file) => {
  const { orgId, seriesId: series } = file.world
  const seriesId = BigInt(series)
  for await (const batch of readBatches(file)) {
    for (const row of batch) {
      const coupon = await prisma.coupon.findUnique({
        where: { codeKey_orgId_seriesId: { orgId, codeKey: row.codeKey, seriesId } },
        select: { id: true },
      })
      const customer = await prisma.customer.findUnique({
        where: { mobile_orgId: { orgId, mobile: row.mobile } },
        select: { id: true },
      })
      const till = await prisma.till.findUnique({
        where: { orgId_id: { orgId, id: row.tillId } },
        select: { id: true },
      })
      if (coupon === null || customer === null || till === null) continue
      await prisma.redemption.create({ data: describeRedemption(orgId, row, coupon.id, customer.id) })
    }
  }
}

function describeRedemption(orgId: number, row: Row, couponId: bigint, customerId: bigint) {
  return {
    orgId,
    importId: IMPORT_ID,
    rowNumber: row.number,
    couponId,
    customerId,
    tillId: row.tillId,
    redeemedAt: row.redeemedAt,
    ordinal: 1,
    repeatable: false,
    billId: row.billId,
    billNumber: row.billNumber,
  }
}

/** The file holds no quotes, so the fastest reader is the simplest. */
async function* readBatches({ path }: FileToImport): AsyncGenerator<Row[]> {
  let batch: Row[] = []
  let number = 0
  for await (const line of createInterface({ input: createReadStream(path) })) {
    const [redeemedMs = '', till = '', mobile = '', code = '', billId = '', billNumber = ''] = line.split(',')
    number += 1
    batch.push({
      number,
      redeemedAt: new Date(Number(redeemedMs)),
      tillId: BigInt(till),
      mobile,
      codeKey: code.toLowerCase(),
      billId,
      billNumber,
    })
    if (batch.length === BATCH_ROWS) {
      yield batch
      batch = []
    }
  }
  if (batch.length > 0) yield batch
}
