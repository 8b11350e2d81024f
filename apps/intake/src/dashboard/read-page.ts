import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

import { makeTag, type StaticFile } from '../http/static-file.ts'

/** Where `scripts/setup.mjs` puts the built dashboard. */
const BUILT = fileURLToPath(new URL('../../../dashboard/dist/', import.meta.url))

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** The built dashboard by path, such as `/index.html`. A few hundred kB, so it is kept in memory. Null: it is not built. */
export function readPage(): ReadonlyMap<string, StaticFile> | null {
  let names: string[]
  try {
    names = readdirSync(BUILT, { recursive: true, encoding: 'utf8' })
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
  const files = new Map<string, StaticFile>()
  for (const name of names) {
    const contentType = CONTENT_TYPES[path.extname(name)]
    if (contentType === undefined) continue
    const body = readFileSync(path.join(BUILT, name))
    const address = `/${name.replaceAll(path.sep, '/')}`
    files.set(address, {
      contentType,
      body,
      gzipped: gzipSync(body, { level: 9 }),
      entityTag: makeTag(body),
      isImmutable: address.startsWith('/assets/'),
    })
  }
  return files.has('/index.html') ? files : null
}
