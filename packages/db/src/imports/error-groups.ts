import type { Database } from '../open-database.ts'

export interface StoredErrorGroup {
  /** As encodeRowError gives it. */
  readonly error: number
  readonly rows: number
  /** The first five rows that have it, in the order of the file. */
  readonly firstRows: readonly number[]
}

/** How many rejected rows of an import have which error, all its batches so far together. */
export async function readErrorGroups({ prisma }: Database, importId: number): Promise<StoredErrorGroup[]> {
  const rows = await prisma.importErrorGroup.findMany({ where: { importId } })
  const groups = new Map<number, StoredErrorGroup>()
  for (const { error, rows: count, firstRows } of rows) {
    const known = groups.get(error)
    groups.set(error, {
      error,
      rows: (known?.rows ?? 0) + count,
      firstRows: [...(known?.firstRows ?? []), ...firstRows].toSorted((a, b) => a - b).slice(0, 5),
    })
  }
  return [...groups.values()]
}
