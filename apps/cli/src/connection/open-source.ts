import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Readable } from 'node:stream'

import { CliError } from '../framework/cli-error.ts'
import type { Terminal } from '../framework/terminal.ts'

/** A file that can be read as often as its upload has to be tried. */
export interface Source {
  readonly path: string
  /** as the importer will know it */
  readonly name: string
  readonly bytes: number
  /** hex */
  readonly sha256: string
  release(): Promise<void>
}

interface SourceOptions {
  readonly terminal: Terminal
  readonly signal: AbortSignal
  /** by default the file's own name, or stdin.csv */
  readonly name?: string | undefined
}

/** A file, or standard input for `-`, which is kept in a temporary file that only the user may read. */
export async function openSource(file: string, options: SourceOptions): Promise<Source> {
  if (file === '-') return spool(options.terminal.stdin, options)
  const from = path.resolve(options.terminal.env.callerFolder, file)
  try {
    const stats = await stat(from)
    if (stats.isDirectory()) throw new CliError(`${from} is a folder; expected a CSV or Excel file`)
    // A pipe such as <(zcat …) can be read once only.
    if (!stats.isFile()) return await spool(createReadStream(from), options)
    const hash = createHash('sha256')
    await pipeline(createReadStream(from, { end: Math.max(0, stats.size - 1) }), hash, { signal: options.signal })
    return {
      path: from,
      name: options.name ?? path.basename(from),
      bytes: stats.size,
      sha256: hash.digest('hex'),
      release: () => Promise.resolve(),
    }
  } catch (error) {
    throw explain(error, from, options.signal)
  }
}

async function spool(from: Readable & { readonly isTTY?: boolean }, { signal, name }: SourceOptions): Promise<Source> {
  if (from.isTTY === true)
    throw new CliError('nothing is piped into standard input; expected a file, such as … | redemptions import -')
  const folder = await mkdtemp(path.join(os.tmpdir(), 'redemptions-'))
  const release = async (): Promise<void> => rm(folder, { recursive: true, force: true })
  const file = path.join(folder, 'stdin')
  try {
    const hash = createHash('sha256')
    let bytes = 0
    await pipeline(
      from,
      async function* measure(chunks: AsyncIterable<Buffer | string>) {
        for await (const piece of chunks) {
          const chunk = typeof piece === 'string' ? Buffer.from(piece) : piece
          bytes += chunk.length
          hash.update(chunk)
          yield chunk
        }
      },
      createWriteStream(file, { mode: 0o600 }),
      { signal },
    )
    return { path: file, name: name ?? 'stdin.csv', bytes, sha256: hash.digest('hex'), release }
  } catch (error) {
    await release()
    throw explain(error, 'standard input', signal)
  }
}

function explain(error: unknown, file: string, signal: AbortSignal): unknown {
  signal.throwIfAborted()
  if (error instanceof CliError || !(error instanceof Error) || !('code' in error)) return error
  if (error.code === 'ENOENT')
    return new CliError(`there is no file ${file}; expected a CSV or Excel file`, { cause: error })
  return new CliError(`${file} cannot be read (${String(error.code)}); expected a CSV or Excel file`, { cause: error })
}
