#!/usr/bin/env node
/** `redemptions …` from any folder, when this file is linked into one of the PATH. File names are meant from there. */
import { realpathSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

process.env.INIT_CWD = process.cwd()
const root = path.dirname(path.dirname(realpathSync(fileURLToPath(import.meta.url))))
// The importer that it finds by itself is the `npm start` of this checkout.
process.chdir(root)
process.argv = [process.argv[0], path.join(root, 'scripts/run.mjs'), 'apps/cli/src/main.ts', ...process.argv.slice(2)]
await import('./run.mjs')
