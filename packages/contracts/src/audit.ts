/** Who did something: an API key by its name, a worker, or the system itself. */
export const ACTOR_TYPES = ['key', 'worker', 'system'] as const
export interface Actor {
  readonly type: (typeof ACTOR_TYPES)[number]
  /** Of a key its name, or its number where it has none; of a worker the host and process. */
  readonly name: string
}

/** What can happen to an import, in its timeline. */
export const TIMELINE_KINDS = [
  'uploaded',
  'started',
  'taken-over',
  'cancelled',
  'resumed',
  'completed',
  'failed',
  'revert-requested',
  'reverted',
  'retried',
  'expired',
] as const
export type TimelineKind = (typeof TIMELINE_KINDS)[number]

/** What else of an organization is kept for its auditors. */
export const AUDIT_KINDS = [
  'key.created',
  'key.revoked',
  'endpoint.created',
  'endpoint.changed',
  'endpoint.deleted',
  'profile.saved',
  'profile.deleted',
  'reference.loaded',
  'session.created',
] as const
export type AuditKind = (typeof AUDIT_KINDS)[number]
