/** What all attacks share: where the system runs, and on whose behalf it is attacked and watched. */
export interface AttackedSystem {
  /** Without a slash at its end. */
  readonly url: string
  readonly dataDir: string
}

export const ATTACKER = { orgId: 9619, apiKey: 'attacker-key-0123456789abcdef' } as const

/** An organization that does nothing but poll, and must not notice that another one is attacking. */
export const BYSTANDER = { orgId: 4711, apiKey: 'bystander-key-0123456789abcdef' } as const
