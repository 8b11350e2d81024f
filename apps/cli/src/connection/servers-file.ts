import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'

import { z } from 'zod'

import { CliError, codeOf } from '../framework/cli-error.ts'

const server = z.object({ url: z.string(), apiKey: z.string() })
const serversFile = z.object({ servers: z.record(z.string(), server) })

/** Where an importer answers, and with which key. */
export type Server = z.output<typeof server>
export type Servers = Readonly<Record<string, Server>>

const OWNER_ONLY = 0o600
const FOLDER_OWNER_ONLY = 0o700

/** What `login` has kept, by name. `folder` is the user's configuration folder. */
export async function readServers(folder: string): Promise<Servers> {
  const file = fileIn(folder)
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return {}
    throw new CliError(`${file} cannot be read (${codeOf(error)}); expected what redemptions login keeps`, {
      cause: error,
    })
  }
  const parsed = serversFile.safeParse(parseJson(text))
  if (parsed.success) return parsed.data.servers
  throw new CliError(`${file} is not what redemptions login keeps; remove it and log in again`)
}

/** Replaces the file as a whole, so that nobody ever finds half of it, and nobody else may read it. */
export async function writeServers(folder: string, servers: Servers): Promise<string> {
  const file = fileIn(folder)
  const part = `${file}.${process.pid}.part`
  try {
    await mkdir(path.dirname(file), { recursive: true, mode: FOLDER_OWNER_ONLY })
    await writeFile(part, `${JSON.stringify({ servers }, null, 2)}\n`, { mode: OWNER_ONLY })
    await chmod(part, OWNER_ONLY)
    await rename(part, file)
    return file
  } catch (error) {
    await rm(part, { force: true })
    throw new CliError(`${file} cannot be written (${codeOf(error)}); expected a folder of your own`, { cause: error })
  }
}

function fileIn(folder: string): string {
  return path.join(folder, 'redemptions', 'servers.json')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
