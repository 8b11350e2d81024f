import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'

/** The process ids of the intake app and the worker that run under the supervisor of this data folder. */
export async function findAppPids(dataDir: string): Promise<{ readonly intake: number; readonly worker: number }> {
  const pids = new Map<string, number>()
  for (const note of await readdir(path.join(dataDir, 'children'))) {
    const pid = Number.parseInt(note, 10)
    const app = /apps\/(\w+)\//.exec(await readFile(`/proc/${pid}/cmdline`, 'utf8'))?.[1]
    if (app !== undefined) pids.set(app, pid)
  }
  const [intake, worker] = [pids.get('intake'), pids.get('worker')]
  if (intake === undefined || worker === undefined) throw new Error(`only these run: ${[...pids.keys()].join()}`)
  return { intake, worker }
}
