import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'

/** Stands between the digits of a mobile as people write them. */
const BETWEEN = String.raw`[-+ ()[\]]{0,3}`

/**
 * What no program of ours may print, as the tests, the demo and the fresh clone have it: API keys, webhook secrets, mobiles in any
 * notation and e-mails. `private-text.test.ts` holds it to what makes them.
 */
const PRIVATE = new RegExp(
  [
    '-key-0123456789abcdef',
    String.raw`\brik_[\w-]{10,}`,
    String.raw`\bwhsec_[\w+/=]{10,}`,
    String.raw`(?<![\w.-])(?:00)?[ (+]{0,2}91${BETWEEN}9(?:${BETWEEN}\d){9}(?!\w)`,
    String.raw`(?<![\w.-])[+]?4915\d{9}(?!\w)`,
    String.raw`[^\s"@/]@(?:shop\d+\.)?example\b`,
  ].join('|'),
  'i',
)
/** The first start prints the key that it has made, in a line of its own. */
const NEW_KEY = /^API key: /

function isPrivate(line: string): boolean {
  return PRIVATE.test(line) && !NEW_KEY.test(line)
}

/** Searches what a program prints, as it comes. */
export class PrivateTextSearch {
  #rest = ''
  readonly found: string[] = []

  search(text: string): void {
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop() ?? ''
    this.found.push(...lines.filter(isPrivate))
  }
}

/** Searches the files that `npm start` keeps of its programs in a DATA_DIR, and throws where one holds what is private. */
export async function searchLogs(dataDir: string): Promise<void> {
  const folder = path.join(dataDir, 'logs')
  const names = await readdir(folder)
  if (names.length === 0) throw new Error(`${folder} holds no log`)
  for (const name of names) {
    const line = (await readFile(path.join(folder, name), 'utf8')).split('\n').find(isPrivate)
    if (line !== undefined) throw new Error(`${name} holds what nobody but its owner may read: ${line}`)
  }
}
