import type { Database } from './open-database.ts'

export interface Installation {
  /** A UUID. */
  readonly id: string
  /** Whether a storage is known that holds it. */
  readonly isConfirmed: boolean
}

/** Which installation this database is; null: it was never said. */
export async function findInstallation({ prisma }: Pick<Database, 'prisma'>): Promise<Installation | null> {
  const row = await prisma.installation.findUnique({ where: { singleton: true } })
  return row === null ? null : { id: row.id, isConfirmed: row.storageConfirmedAt !== null }
}

/** Gives the database an identity, unless it has one. It counts once a storage is confirmed that holds it. */
export async function proposeInstallation({ prisma }: Database, id: string): Promise<void> {
  await prisma.$executeRaw`INSERT INTO installation (id) VALUES (${id}::uuid) ON CONFLICT (singleton) DO NOTHING`
}

/**
 * Confirms that the storage holds the identity when `prove` says so, by what it resolves to. One process at a time does
 * so: of two with different storages, the second one finds the identity confirmed. `prove` asks the database by the transaction's
 * own connection: those that wait for the lock hold the others.
 */
export async function confirmInstallation(
  database: Database,
  prove: (installation: Installation | null, within: Pick<Database, 'prisma'>) => Promise<boolean>,
): Promise<void> {
  await database.transaction(async (tx) => {
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended('installation', 0))`
    const within = { prisma: tx }
    if (!(await prove(await findInstallation(within), within))) return
    await tx.installation.updateMany({
      where: { singleton: true, storageConfirmedAt: null },
      data: { storageConfirmedAt: new Date() },
    })
  })
}

/** The files of the imports accepted last that are still kept, newest first; empty: there is none whose file is kept. */
export async function listRecentFileKeys({ prisma }: Pick<Database, 'prisma'>, limit: number): Promise<string[]> {
  const rows = await prisma.import.findMany({
    where: { expiredAt: null, toPrepare: false },
    select: { fileKey: true },
    orderBy: { id: 'desc' },
    take: limit,
  })
  return rows.map(({ fileKey }) => fileKey)
}

/** Length and checksums of a file of an import; null: no import has the file, or it was stored by an older version. */
export async function findFileChecksums(
  { prisma }: Database,
  fileKey: string,
): Promise<{ bytes: number; checksums: Uint8Array } | null> {
  const [row] = await prisma.$queryRaw<{ bytes: bigint; checksums: Uint8Array | null }[]>`
    SELECT bytes, file_checksums AS checksums FROM import WHERE file_key = ${fileKey}::text
    UNION ALL
    SELECT upload_bytes, upload_file_checksums FROM import WHERE upload_file_key = ${fileKey}::text`
  return row?.checksums == null ? null : { bytes: Number(row.bytes), checksums: row.checksums }
}
