/**
 * Whose rows a statement may see (the policies of migration `row_security`): those of one organization, or everybody's.
 * `importId`: an import of the organization, the rows of whose outcome are seen, too.
 */
export type Scope =
  | { readonly kind: 'organization'; readonly orgId: number; readonly importId?: number | undefined }
  /** For work that serves every organization, such as looking for whose key it is, and upkeep. */
  | { readonly kind: 'system' }

/** A statement that names a scope to its session; or, `isLocal`, to its transaction. */
export interface ScopeStatement {
  readonly text: string
  readonly values: readonly unknown[]
}

/** Nothing of an earlier scope is left when this has run. */
const NAME = `
SELECT set_config('importer.org_id', $1::text, $3::boolean), set_config('importer.import_id', $2::text, $3::boolean)`

/** The organization's own policy decides whether it may be named. */
const NAME_IMPORT = `SELECT set_config('importer.import_id', i.id::text, $2::boolean) FROM import i WHERE i.id = $1::int`

/** Null: nobody. */
export function scopeStatements(scope: Scope | null, { isLocal }: { readonly isLocal: boolean }): ScopeStatement[] {
  if (scope === null) return [{ text: NAME, values: ['none', '', isLocal] }]
  if (scope.kind === 'system') return [{ text: NAME, values: ['all', '', isLocal] }]
  const organization = { text: NAME, values: [String(scope.orgId), '', isLocal] }
  return scope.importId === undefined ? [organization] : [organization, nameImport(scope.importId, { isLocal })]
}

/** For an import that is made within the transaction. */
export function nameImport(importId: number, { isLocal }: { readonly isLocal: boolean }): ScopeStatement {
  return { text: NAME_IMPORT, values: [importId, isLocal] }
}

const MARK = /^\/\*scope:(?<orgId>\d+|system)(?::(?<importId>\d+))?\*\//

/** A comment in front of a statement, by which the pool knows its scope: Prisma hands a pool nothing but text and values. */
export function markScope(scope: Scope): string {
  if (scope.kind === 'system') return '/*scope:system*/'
  return `/*scope:${scope.orgId}${scope.importId === undefined ? '' : `:${scope.importId}`}*/`
}

/** The mark in front of a statement and what it says; without one the statement sees nobody's rows. */
export function readMark(text: string): { readonly mark: string; readonly scope: Scope | null } {
  const found = MARK.exec(text)
  if (found === null) return { mark: '', scope: null }
  const { orgId, importId } = found.groups ?? {}
  if (orgId === 'system') return { mark: found[0], scope: { kind: 'system' } }
  const import_ = importId === undefined ? {} : { importId: Number(importId) }
  return { mark: found[0], scope: { kind: 'organization', orgId: Number(orgId), ...import_ } }
}
