import { z } from 'zod'

import { MAX_INT4 } from './storable.ts'

/**
 * Every queue and its payload; below, the ids of jobs and their policy. A payload is ids only: PostgreSQL holds the rest. It is parsed
 * when added and when taken.
 *
 * `version` is that of the payload, and goes with it, so that programs of two versions can share a queue while one replaces
 * the other. A field that may be absent needs no new one. Whoever raises it lets `payload` read the version before as well,
 * for the jobs that wait.
 */
export const JOBS = {
  import: {
    queue: 'imports',
    version: 1,
    payload: z.object({ importId: z.int().positive() }),
  },
  /** Makes the file of an import that tries rejected rows again. */
  prepare: {
    queue: 'preparations',
    version: 1,
    payload: z.object({ importId: z.int().positive() }),
  },
  revert: {
    queue: 'reverts',
    version: 1,
    payload: z.object({ importId: z.int().positive() }),
  },
  /** One attempt: `turn` is that of the delivery when the job was added, so that a job which comes late does nothing. */
  webhook: {
    queue: 'webhooks',
    version: 1,
    payload: z.object({ deliveryId: z.int().positive(), turn: z.int().nonnegative() }),
  },
} as const satisfies Record<string, { queue: string; version: number; payload: z.ZodType }>

export type JobName = keyof typeof JOBS
export type JobPayload<Name extends JobName> = z.infer<(typeof JOBS)[Name]['payload']>

/** The id of an import's job while the import has this fencing token. */
export function importJobId(importId: number, fencingToken: number): string {
  return `import-${importId}-${fencingToken}`
}

/**
 * Of a resumed import, which no job before it had. PostgreSQL's `format` makes it, in the statement that resumes the import, of
 * the import's id, its fencing token and the time in milliseconds.
 */
export const RESUMED_IMPORT_JOB_ID = 'import-%s-%s-r%s'

/** The job that is to run an unfinished import: the one that its record names, else that of its fencing token. */
export function dueImportJobId(
  importId: number,
  { jobId, fencingToken }: { readonly jobId: string | null; readonly fencingToken: number },
): string {
  return jobId ?? importJobId(importId, fencingToken)
}

/** The id of the job that makes an import's file. */
export function prepareJobId(importId: number): string {
  return `prepare-${importId}`
}

/** The id under which a revert is queued first. */
export function revertJobId(importId: number): string {
  return `revert-${importId}`
}

/**
 * The two ids that the jobs of a revert alternate between: the next job is queued while the one before still runs. So a revert
 * that two workers have taken has never more than two jobs.
 */
export function revertJobIds(importId: number): readonly [string, string] {
  return [revertJobId(importId), `${revertJobId(importId)}-continued`]
}

/** The id of the job that goes on with a revert when this one yields. */
export function nextRevertJobId(importId: number, jobId: string): string {
  const [first, continued] = revertJobIds(importId)
  return jobId === continued ? first : continued
}

/** The id of one attempt to deliver a webhook. */
export function webhookJobId({ deliveryId, turn }: JobPayload<'webhook'>): string {
  return `webhook-${deliveryId}-${turn}`
}

/** BullMQ counts attempts and stalls in PostgreSQL's `integer`. */
const UNLIMITED = MAX_INT4

/**
 * BullMQ's options of every job. A processor that throws is tried again without end: PostgreSQL, not the queue, decides when an
 * import has failed, and a database that is away for a night must not lose the jobs of that night.
 */
export const JOB_OPTIONS = {
  attempts: UNLIMITED,
  backoff: { type: 'custom' },
  removeOnComplete: true,
  removeOnFail: true,
  stackTraceLimit: 1,
} as const

/** How many killed or slow workers a job survives. */
export const MAX_STALLED_COUNT = UNLIMITED

/** The job of an import or a revert that has yielded waits behind new ones, which have no priority number. */
export const CONTINUED_PRIORITY = 10

const FIRST_BACKOFF_MS = 1000
const MAX_BACKOFF_MS = 30_000

/** Before the next attempt: 1 s, doubling up to 30 s, spread over its upper half so that retries do not come in herds. */
export function computeBackoffMs(attemptsMade: number, random = Math.random()): number {
  const longest = Math.min(FIRST_BACKOFF_MS * 2 ** Math.min(attemptsMade - 1, 30), MAX_BACKOFF_MS)
  return Math.round(longest * (0.5 + random / 2))
}

/** Jobs of before there were versions have none: theirs is the first. */
const VERSIONED = z.object({ version: z.int().positive().default(1) })

/** A payload as it is queued, with its version. Throws a ZodError when it is none of this job. */
export function writeJobPayload<Name extends JobName>(name: Name, payload: JobPayload<Name>): Record<string, unknown> {
  return { ...JOBS[name].payload.parse(payload), version: JOBS[name].version }
}

/** `newer`: a program of a later version has queued it, and knows how it is read. `unreadable`: nobody does. */
export type ReadPayload<Name extends JobName> =
  | { readonly status: 'read'; readonly payload: JobPayload<Name> }
  | { readonly status: 'newer'; readonly version: number }
  | { readonly status: 'unreadable'; readonly error: z.ZodError }

/** Reads what was queued, by this version or another one. */
export function readJobPayload<Name extends JobName>(name: Name, data: unknown): ReadPayload<Name> {
  const versioned = VERSIONED.safeParse(data)
  if (!versioned.success) return { status: 'unreadable', error: versioned.error }
  const { version } = versioned.data
  if (version > JOBS[name].version) return { status: 'newer', version }
  const parsed = JOBS[name].payload.safeParse(data)
  if (!parsed.success) return { status: 'unreadable', error: parsed.error }
  return { status: 'read', payload: parsed.data as JobPayload<Name> }
}
