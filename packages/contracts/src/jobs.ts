import { z } from 'zod'

/**
 * Every queue, its payload and its policy, in one place. A payload is ids only: PostgreSQL holds the rest. It is parsed
 * when added and when taken.
 */
export const JOBS = {
  import: {
    queue: 'imports',
    payload: z.object({ importId: z.int().positive() }),
  },
  /** Makes the file of an import that tries rejected rows again. */
  prepare: {
    queue: 'preparations',
    payload: z.object({ importId: z.int().positive() }),
  },
  revert: {
    queue: 'reverts',
    payload: z.object({ importId: z.int().positive() }),
  },
  /** One attempt: `turn` is that of the delivery when the job was added, so that a job which comes late does nothing. */
  webhook: {
    queue: 'webhooks',
    payload: z.object({ deliveryId: z.int().positive(), turn: z.int().nonnegative() }),
  },
} as const satisfies Record<string, { queue: string; payload: z.ZodType }>

export type JobName = keyof typeof JOBS
export type JobPayload<Name extends JobName> = z.infer<(typeof JOBS)[Name]['payload']>
