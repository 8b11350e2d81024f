import { createReadStream, createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

import type { ImporterClient } from '@importer/client'

/** Downloads an import's error report to a file, which is replaced. */
export async function saveErrorReport(client: ImporterClient, importId: number, file: string): Promise<void> {
  const { body } = await client.downloadErrors({ importId })
  await pipeline(body === null ? Readable.from([]) : Readable.fromWeb(body), createWriteStream(file))
}

/** The first lines of a text file. */
export async function readFirstLines(file: string, count: number): Promise<string[]> {
  const lines: string[] = []
  const reader = createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })
  for await (const line of reader) {
    lines.push(line)
    if (lines.length === count) break
  }
  return lines
}
