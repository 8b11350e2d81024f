import type { Actor, ProfileOptions } from '@importer/contracts'

import { setActor } from '../audit/record-audit-event.ts'
import type { ImportProfileVersion } from '../generated/client.ts'
import type { Database } from '../open-database.ts'

/** One version of a profile. */
export interface ProfileRecord {
  readonly name: string
  readonly version: number
  readonly savedAt: Date
  readonly savedBy: Actor
  readonly options: ProfileOptions
}

interface OwnedProfile {
  readonly orgId: number
  readonly name: string
}

/** To say which of them fits a file, all of them are tried. */
export const MAX_PROFILES = 200

/**
 * Saves a profile as its next version, or as its first: `created` says which. One that was deleted goes on counting, as
 * imports name its versions. Null: the organization has too many profiles.
 */
export async function saveImportProfile(
  database: Database,
  { orgId, name, options, actor }: OwnedProfile & { readonly options: ProfileOptions; readonly actor: Actor },
): Promise<{ readonly profile: ProfileRecord; readonly created: boolean } | null> {
  return database.transaction(async (tx) => {
    // Of several at once the others wait: none counts what another has not committed yet.
    await tx.$queryRaw`SELECT FROM organization WHERE id = ${orgId}::int FOR NO KEY UPDATE`
    const known = await tx.importProfile.findUnique({ where: { orgId_name: { orgId, name } } })
    const created = known === null || known.deletedAt !== null
    if (created && (await tx.importProfile.count({ where: { orgId, deletedAt: null } })) >= MAX_PROFILES) return null
    await setActor(tx, actor)
    const version = (known?.version ?? 0) + 1
    await tx.importProfile.upsert({
      where: { orgId_name: { orgId, name } },
      create: { orgId, name, version },
      update: { version, deletedAt: null },
    })
    const saved = await tx.importProfileVersion.create({
      data: { orgId, name, version, options, actorType: actor.type, actorName: actor.name },
    })
    return { profile: toProfileRecord(saved), created }
  })
}

/** The latest version; or the one that is asked for, whether the profile is deleted or not. */
export async function findImportProfile(
  { prisma }: Database,
  { orgId, name }: OwnedProfile,
  version?: number,
): Promise<ProfileRecord | null> {
  const known = await prisma.importProfile.findUnique({ where: { orgId_name: { orgId, name } } })
  if (known === null || (version === undefined && known.deletedAt !== null)) return null
  const row = await prisma.importProfileVersion.findUnique({
    where: { orgId_name_version: { orgId, name, version: version ?? known.version } },
  })
  return row === null ? null : toProfileRecord(row)
}

/** The latest versions by name, behind that of the page before. */
export async function listImportProfiles(
  { prisma }: Database,
  orgId: number,
  { afterName = '', limit }: { readonly afterName?: string | undefined; readonly limit: number },
): Promise<ProfileRecord[]> {
  const rows = await prisma.$queryRaw<ImportProfileVersion[]>`
    SELECT v.name, v.version, v.options, v.actor_type AS "actorType", v.actor_name AS "actorName", v.saved_at AS "savedAt"
    FROM import_profile p
    JOIN import_profile_version v ON v.org_id = p.org_id AND v.name = p.name AND v.version = p.version
    WHERE p.org_id = ${orgId}::int AND p.deleted_at IS NULL AND p.name > ${afterName}
    ORDER BY p.name LIMIT ${limit}::int`
  return rows.map(toProfileRecord)
}

/** The versions of a profile, deleted or not, newest first. Empty: there was never one of this name. */
export async function listImportProfileVersions(
  { prisma }: Database,
  { orgId, name }: OwnedProfile,
  { before, limit }: { readonly before?: number | undefined; readonly limit: number },
): Promise<ProfileRecord[]> {
  const rows = await prisma.importProfileVersion.findMany({
    where: { orgId, name, ...(before === undefined ? {} : { version: { lt: before } }) },
    orderBy: { version: 'desc' },
    take: limit,
  })
  return rows.map(toProfileRecord)
}

/** The names that uploads can give. */
export async function listImportProfileNames({ prisma }: Database, orgId: number): Promise<string[]> {
  const rows = await prisma.importProfile.findMany({ where: { orgId, deletedAt: null }, select: { name: true } })
  return rows.map(({ name }) => name)
}

/** Its versions stay. False: there is no such profile. */
export async function deleteImportProfile(
  database: Database,
  { orgId, name, actor }: OwnedProfile & { readonly actor: Actor },
): Promise<boolean> {
  return database.transaction(async (tx) => {
    await setActor(tx, actor)
    const { count } = await tx.importProfile.updateMany({
      where: { orgId, name, deletedAt: null },
      data: { deletedAt: new Date() },
    })
    return count > 0
  })
}

function toProfileRecord(row: Omit<ImportProfileVersion, 'orgId'>): ProfileRecord {
  const { name, version, savedAt } = row
  const savedBy = { type: row.actorType as Actor['type'], name: row.actorName }
  return { name, version, savedAt, savedBy, options: row.options as ProfileOptions }
}
