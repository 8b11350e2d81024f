import { readFile } from 'node:fs/promises'
import path from 'node:path'

import { ADDRESS_FILE, describeLocalAddress } from '@importer/runtime/environment'
import { closest } from 'fastest-levenshtein'

import { CliError, codeOf } from '../framework/cli-error.ts'
import { EXIT } from '../framework/exit-codes.ts'
import type { Terminal } from '../framework/terminal.ts'
import { readServers, type Server } from './servers-file.ts'

export interface ConnectOptions {
  readonly server?: string
  readonly url?: string
  readonly key?: string
  readonly keyFile?: string
}

const KEY = /^[\u0021-\u007e]{1,255}$/
const THIS_MACHINE = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/

/**
 * The importer that the options name, or the environment, or else the one that `npm start` runs here. `url` has no slash
 * at its end.
 */
export async function findConnection({ env }: Pick<Terminal, 'env'>, options: ConnectOptions): Promise<Server> {
  if (options.server !== undefined) return findServer(env.configFolder, options)
  const url = readUrl(options.url ?? env.REDEMPTIONS_URL ?? (await readOwnUrl(env)))
  if (options.keyFile !== undefined) {
    return { url, apiKey: await readKeyFile(path.resolve(env.callerFolder, options.keyFile)) }
  }
  return { url, apiKey: options.key ?? env.REDEMPTIONS_API_KEY ?? (await readOwnKey(env, url)) }
}

/** An address without slashes at its end. Throws a CliError. */
export function readUrl(url: string): string {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new CliError(`--url ${url} is no address; expected one such as http://127.0.0.1:8080`)
  }
  return url.replace(/\/+$/, '')
}

/** A key as a person stores or pipes it: one line. Throws a CliError that does not show it. */
export function readKey(text: string, source: string): string {
  const key = text.trim()
  if (KEY.test(key)) return key
  throw new CliError(
    `${source} holds no API key; expected one line of at most 255 printable ASCII characters without spaces`,
    { exitCode: EXIT.denied },
  )
}

export async function readKeyFile(file: string): Promise<string> {
  try {
    return readKey(await readFile(file, 'utf8'), file)
  } catch (error) {
    if (error instanceof CliError) throw error
    throw new CliError(`${file} cannot be read (${codeOf(error)}); expected a file with an API key`, {
      cause: error,
      exitCode: EXIT.denied,
    })
  }
}

async function findServer(folder: string, options: ConnectOptions): Promise<Server> {
  const { server: name = '', url, key, keyFile } = options
  if (url !== undefined || key !== undefined || keyFile !== undefined) {
    throw new CliError(`--server ${name} comes with --url, --key or --key-file; expected one way to name the importer`)
  }
  const servers = await readServers(folder)
  const found = servers[name]
  if (found !== undefined) return found
  const names = Object.keys(servers)
  const proposal = names.length === 0 ? '' : `did you mean ${closest(name, names)}? Else: `
  throw new CliError(
    `there is no server ${name}; ${proposal}redemptions login --server ${name} --url URL --key-file FILE`,
    { exitCode: EXIT.denied },
  )
}

/** Where the `npm start` of DATA_DIR answers, as it keeps it there; when none runs, where one would by the environment. */
async function readOwnUrl({ DATA_DIR, HOST, PORT }: Terminal['env']): Promise<string> {
  const file = path.join(DATA_DIR, ADDRESS_FILE)
  try {
    const url = (await readFile(file, 'utf8')).trim()
    if (URL.canParse(url)) return url
    throw new CliError(`${file} holds no address; remove it, and start npm start again`)
  } catch (error) {
    // A folder of another account has neither an address nor a key for this one.
    if (!['ENOENT', 'ENOTDIR', 'EACCES'].includes(codeOf(error))) throw error
    return describeLocalAddress(HOST, PORT)
  }
}

/** The key that `npm start` keeps is for its own address and this machine: it is not sent to another one. */
async function readOwnKey(env: Terminal['env'], url: string): Promise<string> {
  const ways = '--key-file, REDEMPTIONS_API_KEY or redemptions login'
  if (!THIS_MACHINE.test(new URL(url).hostname) && url !== (await readOwnUrl(env))) {
    throw new CliError(`there is no API key for ${url}; expected ${ways}`, { exitCode: EXIT.denied })
  }
  const file = path.join(env.DATA_DIR, 'api-key')
  try {
    return (await readFile(file, 'utf8')).trim()
  } catch (error) {
    throw new CliError(
      `there is no API key (${file}: ${codeOf(error)}); expected ${ways}, or the file that npm start writes`,
      { cause: error, exitCode: EXIT.denied },
    )
  }
}
