/** `node scripts/run.mjs <entry.ts> …args`: sets the checkout up, then becomes that program, in this very process. */
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

import { setupOrExit } from './setup.mjs'

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const [, , entry, ...args] = process.argv
if (entry === undefined) {
  process.stderr.write('usage: node scripts/run.mjs <entry.ts> [arguments]\n')
  process.exit(1)
}
await setupOrExit()

// npm passes a signal on to its shell only, and the shell dies of it without a word to us: what npm has started ends
// with npm, as if it had got the signal itself.
if (process.env.npm_lifecycle_event !== undefined && process.platform !== 'win32') {
  const parent = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(watch)
    process.kill(process.pid, 'SIGTERM')
  }, 250)
  watch.unref()
}

// Only now is tsx sure to be installed.
const { register } = await import('tsx/esm/api')
register()
// The entry is named as it stands in the repository, wherever the caller stands.
const file = path.resolve(root, entry)
process.argv = [process.argv[0], file, ...args]
await import(pathToFileURL(file).href)
