import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream, rmSync } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Readable } from 'node:stream'

import { CliError, codeOf } from '../framework/cli-error.ts'
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
  const spoolFile = await makeSpoolFile()
  const target = createWriteStream(spoolFile.path, { mode: 0o600 })
  let targetError: Error | undefined
  target.once('error', (error) => {
    targetError = error
  })
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
      target,
      { signal },
    )
    return { ...spoolFile, name: name ?? 'stdin.csv', bytes, sha256: hash.digest('hex') }
  } catch (error) {
    await spoolFile.release()
    if (targetError !== undefined && error === targetError) {
      signal.throwIfAborted()
      throw explainTemporaryFolder(targetError)
    }
    throw explain(error, 'standard input', signal)
  }
}

/** In a folder of its own, which is removed at the latest when the process exits: it may hold mobiles and e-mails. */
async function makeSpoolFile(): Promise<Pick<Source, 'path' | 'release'>> {
  let folder: string
  try {
    folder = await mkdtemp(path.join(os.tmpdir(), 'redemptions-'))
  } catch (error) {
    throw explainTemporaryFolder(error)
  }
  const removeAtExit = (): void => rmSync(folder, { recursive: true, force: true })
  process.once('exit', removeAtExit)
  return {
    path: path.join(folder, 'stdin'),
    release: async () => {
      await rm(folder, { recursive: true, force: true })
      process.off('exit', removeAtExit)
    },
  }
}

function explainTemporaryFolder(error: unknown): CliError {
  return new CliError(
    `standard input cannot be kept in the temporary folder ${os.tmpdir()} (${codeOf(error)}); expected space for all of it there, or another folder in TMPDIR`,
    { cause: error },
  )
}

function explain(error: unknown, file: string, signal: AbortSignal): unknown {
  signal.throwIfAborted()
  if (error instanceof CliError || !(error instanceof Error) || !('code' in error)) return error
  if (error.code === 'ENOENT')
    return new CliError(`there is no file ${file}; expected a CSV or Excel file`, { cause: error })
  return new CliError(`${file} cannot be read (${String(error.code)}); expected a CSV or Excel file`, { cause: error })
}
