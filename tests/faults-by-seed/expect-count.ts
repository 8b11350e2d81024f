import { queryOnce } from '../support/query-once.ts'
import { BrokenPromiseError } from './broken-promise.ts'

/** Throws where a query that gives one number, `n`, gives another one. */
export async function expectCount(
  ownerUrl: string,
  wanted: number,
  sql: string,
  values: readonly unknown[],
): Promise<void> {
  const [row] = await queryOnce<{ n: number }>(ownerUrl, sql, values)
  if (row?.n !== wanted) throw new BrokenPromiseError(`${sql} (${values.join()}) gave ${row?.n}, expected ${wanted}`)
}
