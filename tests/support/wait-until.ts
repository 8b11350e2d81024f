import { setTimeout as delay } from 'node:timers/promises'

const POLL_MS = 10

/** Polls until the answer is neither null nor false, and gives it. Throws when that takes longer than `timeoutMs`. */
export async function waitUntil<Found>(
  what: string,
  poll: () => Found | Promise<Found>,
  timeoutMs = 90_000,
): Promise<Exclude<Found, null | false>> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const found = await poll()
    if (found !== null && found !== false) return found as Exclude<Found, null | false>
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain until ${what}`)
    await delay(POLL_MS)
  }
}
