import { readFile } from 'node:fs/promises'
import path from 'node:path'

/** Whether a key is the one that `npm start` made and keeps in `DATA_DIR/api-key`. */
export async function isKeptKey(dataDir: string, key: string): Promise<boolean> {
  try {
    return (await readFile(path.join(dataDir, 'api-key'), 'utf8')).trim() === key
  } catch {
    // There is none, or none that we may read.
    return false
  }
}
