import { prepareImport, runImport, runRevert, type RunImportOptions } from '@importer/imports'
import { createLog } from '@importer/runtime'

import { ORG, SERIES, type TestIntake } from './start-intake.ts'

const log = createLog({ name: 'work', level: 'silent' })

/** Carries an import on as a worker does: to its end unless `shouldYield` says otherwise. A retry gets its file first. */
export async function work(
  { database, store }: TestIntake,
  importId: number,
  options: Partial<RunImportOptions> = {},
): Promise<void> {
  await workOnPreparation({ database, store }, importId)
  await runImport({
    database,
    store,
    log,
    importId,
    jobId: `test-${importId}`,
    partitionCount: 2,
    batchRows: 10,
    signal: new AbortController().signal,
    shouldYield: () => false,
    ...options,
  })
}

/** Makes the file of a retry as a worker does, of every other import there is nothing to make; gives the ends that it counts. */
export async function workOnPreparation(
  { database, store }: Pick<TestIntake, 'database' | 'store'>,
  importId: number,
): Promise<string[]> {
  const ends: string[] = []
  const observer = { ended: (status: string) => ends.push(status) }
  await prepareImport({ database, store, log, importId, signal: new AbortController().signal, observer })
  return ends
}

export async function workOnRevert({ database }: TestIntake, importId: number): Promise<void> {
  await runRevert({ database, log, importId, signal: new AbortController().signal, shouldYield: () => false })
}

export const TILL = 50_001
export const MOBILE = '919999999999'
const COUPONS = 20_000

/** A till, a customer, and coupons 1 to 20000 of SERIES whose codes are CODE1 to CODE20000. */
export async function seedReference({ database: { prisma } }: TestIntake): Promise<void> {
  await prisma.till.create({ data: { orgId: ORG, id: TILL } })
  await prisma.customer.create({ data: { orgId: ORG, id: 1, mobile: MOBILE } })
  await prisma.$executeRaw`
    INSERT INTO coupon (org_id, id, series_id, code, code_key)
    SELECT ${ORG}, n, ${SERIES}, 'CODE' || n, 'code' || n FROM generate_series(1, ${COUPONS}::int) n`
}

/** One line: date, till, mobile, code. */
export function line(code: string, redeemedMs = 1_603_263_535_000): string {
  return `${redeemedMs},${TILL},${MOBILE},${code}\n`
}
