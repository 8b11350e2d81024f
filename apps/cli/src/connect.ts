import { readFile } from 'node:fs/promises'
import path from 'node:path'

import { createClient, type ImporterClient } from '@importer/client'

import { CliError } from './cli-error.ts'
import type { Terminal } from './terminal.ts'

export interface ConnectOptions {
  readonly url?: string
  readonly key?: string
}

/** Where the importer answers, and with which key. */
export interface Connection {
  /** without a slash at its end */
  readonly url: string
  readonly apiKey: string
  readonly signal: AbortSignal
}

/** A client of the importer that the options name, or the environment, or else the one that `npm start` runs here. */
export async function connect(terminal: Terminal, options: ConnectOptions): Promise<ImporterClient> {
  return createClient(await findConnection(terminal, options))
}

export async function findConnection({ env, signal }: Terminal, options: ConnectOptions): Promise<Connection> {
  const url = options.url ?? env.REDEMPTIONS_URL ?? `http://127.0.0.1:${env.PORT}`
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new CliError(`--url ${url} is no address; expected one such as http://127.0.0.1:8080`)
  }
  return {
    url: url.replace(/\/+$/, ''),
    apiKey: options.key ?? env.REDEMPTIONS_API_KEY ?? (await readKeyFile(env.DATA_DIR)),
    signal,
  }
}

async function readKeyFile(dataDir: string): Promise<string> {
  const file = path.join(dataDir, 'api-key')
  try {
    return (await readFile(file, 'utf8')).trim()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    throw new CliError(
      `there is no API key (${file}: ${code}); expected --key, REDEMPTIONS_API_KEY or the file that npm start writes`,
      { cause: error },
    )
  }
}
