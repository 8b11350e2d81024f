/** One thing that was looked at. */
export interface Check {
  readonly name: string
  readonly state: 'ok' | 'finding' | 'skipped'
  /** what was found, in one sentence */
  readonly found: string
  /** what to do; null: nothing */
  readonly remedy: string | null
}

export function ok(name: string, found: string): Check {
  return { name, state: 'ok', found, remedy: null }
}

export function finding(name: string, found: string, remedy: string): Check {
  return { name, state: 'finding', found, remedy }
}

export function skipped(name: string, found: string): Check {
  return { name, state: 'skipped', found, remedy: null }
}

/** Why something failed, without an address that may have a password in it: the innermost code, or else the message. */
export function describeFailure(error: unknown): string {
  let code: string | null = null
  for (let next = error; next instanceof Error; next = next.cause) {
    if ('code' in next && typeof next.code === 'string') code = next.code
  }
  const message = error instanceof Error ? error.message : String(error)
  const plain = message.replaceAll(/\b(\w+:\/\/)[^\s@/]*@/g, '$1').split('\n')[0] ?? ''
  return code === null || plain.includes(code) ? plain : `${plain} (${code})`
}
