import { z } from 'zod'

/**
 * Every queue, its payload and its policy, in one place. A payload is ids only: PostgreSQL holds the rest. It is parsed
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
