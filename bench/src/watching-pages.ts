import { setMaxListeners } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'

import type { BenchSystem } from './bench-system.ts'

/** What the page of a running import asks for, and how often, in ms: see `apps/dashboard/src/views/import`. */
const ASKED = [
  { path: '', everyMs: 1_000 },
  { path: '/timeline', everyMs: 5_000 },
  { path: '/error-groups', everyMs: 5_000 },
  { path: '/errors?limit=50', everyMs: 5_000 },
] as const

/**
 * As many pages as `count` look at an import, each as a browser does, until the result is called: it ends them, and throws
 * where one of their requests was not answered well.
 */
export function startWatchingPages(
  { url, apiKey }: BenchSystem,
  importId: number,
  count: number,
): () => Promise<number> {
  const stopping = new AbortController()
  // Each of their requests waits for it.
  setMaxListeners(0, stopping.signal)
  const headers = { Authorization: `Bearer ${apiKey}` }
  let answers = 0

  async function watch(path: string, everyMs: number, firstAfterMs: number): Promise<void> {
    for (let waitMs = firstAfterMs; !(await isStopped(waitMs)); waitMs = everyMs) {
      const answer = await fetch(`${url}/v1/imports/${importId}${path}`, { headers })
      await answer.arrayBuffer()
      if (!answer.ok) throw new Error(`a page was answered ${answer.status} for ${path || 'the import'}`)
      answers += 1
    }
  }

  async function isStopped(waitMs: number): Promise<boolean> {
    await delay(waitMs, undefined, { signal: stopping.signal }).catch(() => undefined)
    return stopping.signal.aborted
  }

  const pages = Array.from({ length: count }, (_, page) =>
    // They were not all opened at the same instant.
    ASKED.map(async ({ path, everyMs }) => watch(path, everyMs, (page / count) * 1_000)),
  )
  const all = Promise.all(pages.flat())
  all.catch(() => undefined)
  return async () => {
    stopping.abort()
    await all
    return answers
  }
}
