import type { PartitionBy } from '@importer/db'

import type { MappedRow } from '../rules/map-record.ts'

/** How the rows of an import are spread: the same from its first claim to its end. */
export interface Partitioning {
  readonly partitionCount: number
  readonly by: PartitionBy
}

/**
 * Which partition a row goes to. Rows that compete with each other go to one partition, on every run, where they stay
 * in the order of the file. With a limit those are the rows of a coupon; without one only equal rows compete, and those
 * have the same time and till: so one code in every row does not make one partition do all the work. A rejected row
 * (null) competes with nothing: any partition will do, if it is the same on every run.
 */
export function partitionOfRow(
  row: Readonly<MappedRow> | null,
  rowNumber: number,
  { partitionCount, by }: Partitioning,
): number {
  if (partitionCount === 1) return 0
  if (row === null) return rowNumber % partitionCount
  const hash = by === 'coupon' ? hashText(row.coupon, 0) : hashText(row.till, mixTime(row.redeemedMs))
  return ((hash >>> 16) ^ (hash & 0xffff)) % partitionCount
}

/** FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/) over UTF-16 units. */
function hashText(text: string, seed: number): number {
  let hash = 0x811c9dc5 ^ seed
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash
}

/** Epoch milliseconds have more than 32 bits, and many end in zeros. The finalizer of MurmurHash3. */
function mixTime(ms: number): number {
  let mixed = (ms >>> 0) ^ Math.floor(ms / 2 ** 32)
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}
