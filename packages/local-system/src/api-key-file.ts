import { randomBytes } from 'node:crypto'
import { chmodSync, closeSync, fsyncSync, openSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

export interface ApiKeyFile {
  readonly file: string
  readonly key: string
  /** whether the key was made just now */
  readonly isNew: boolean
}

const FILE_NAME = 'api-key'
const ONLY_OWNER = 0o600
const VALID_KEY = /^[\u0021-\u007e]{16,255}$/

/**
 * Reads the API key of a data folder, or makes one (`rik_` and 256 random bits) when there is none. Only the owner may
 * read the file. Throws when it holds no key.
 */
export function ensureApiKeyFile(dataDir: string): ApiKeyFile {
  const file = join(dataDir, FILE_NAME)
  const kept = readKey(file)
  if (kept !== null) return { file, key: kept, isNew: false }
  const key = makeApiKey()
  // Written aside and moved, so that a start which is killed leaves a whole key or none.
  const aside = `${file}.${process.pid}`
  writeFileSync(aside, `${key}\n`, { mode: ONLY_OWNER, flush: true })
  renameSync(aside, file)
  syncFolder(dirname(file))
  return { file, key, isNew: true }
}

function makeApiKey(): string {
  return `rik_${randomBytes(32).toString('base64url')}`
}

function readKey(file: string): string | null {
  let text: string
  try {
    text = readFileSync(file, 'utf8').trim()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
  if (!VALID_KEY.test(text)) {
    throw new Error(`${file} holds no API key; expected 16 to 255 printable characters, or no file to have one made`)
  }
  if (process.platform !== 'win32' && (statSync(file).mode & 0o077) !== 0) chmodSync(file, ONLY_OWNER)
  return text
}

function syncFolder(folder: string): void {
  // Windows cannot open a folder, and keeps its names without being asked.
  if (process.platform === 'win32') return
  const descriptor = openSync(folder, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
