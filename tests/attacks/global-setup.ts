import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { ensureAdminKey, ensureOrganization, openDatabase } from '@importer/db'
import { chooseFreePort, findEmbeddedPostgres } from '@importer/embedded-postgres'
import type { TestProject } from 'vitest/node'

import { searchLogs } from '../support/private-text.ts'
import { ATTACKER, BYSTANDER, type AttackedSystem } from './attacked-system.ts'
import { openBystanderShop } from './bystander.ts'

declare module 'vitest' {
  interface ProvidedContext {
    attacked: AttackedSystem
  }
}

const ROOT = path.resolve(import.meta.dirname, '../..')

/** Starts what `npm start` starts, once for all attacks, with two organizations: the attacker's and a bystander's. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'importer-attacks-'))
  // PostgreSQL refuses to run as root: its own user must be able to pass through.
  await chmod(dataDir, 0o755)
  const port = await chooseFreePort()
  const { PATH = '', HOME = '' } = process.env
  const supervisor = spawn(process.execPath, ['scripts/run.mjs', 'apps/supervisor/src/main.ts'], {
    cwd: ROOT,
    env: {
      PATH,
      HOME,
      PORT: String(port),
      DATA_DIR: dataDir,
      BOOTSTRAP_ORG_ID: String(ATTACKER.orgId),
      BOOTSTRAP_API_KEY: ATTACKER.apiKey,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(supervisor, 'exit')
  const end = async (): Promise<void> => {
    supervisor.kill('SIGINT')
    await exited
  }
  const removeFolder = async (): Promise<void> => rm(dataDir, { recursive: true, force: true })
  try {
    await waitForOutput(supervisor.stdout, 'Ready at', exited)
    const database = findEmbeddedPostgres({ dataDir })
    if (database === null) throw new Error('the system is ready and its database is not there')
    await addBystander(database.url)
    const url = `http://127.0.0.1:${port}`
    await openBystanderShop(url)
    project.provide('attacked', { url, dataDir })
  } catch (error) {
    await end()
    await removeFolder()
    throw error
  }
  return async () => {
    await end()
    try {
      await searchLogs(dataDir)
    } finally {
      await removeFolder()
    }
  }
}

async function waitForOutput(output: NodeJS.ReadableStream, text: string, exited: Promise<unknown>): Promise<void> {
  let seen = ''
  const found = new Promise<void>((resolve) => {
    // Read on to the end: a pipe that nobody empties would stop whoever prints.
    output.on('data', (chunk: Buffer) => {
      seen = (seen + chunk.toString('utf8')).slice(-10_000)
      if (seen.includes(text)) resolve()
    })
  })
  await Promise.race([
    found,
    exited.then(() => {
      throw new Error(`the system ended before it was ready:\n${seen}`)
    }),
  ])
}

async function addBystander(databaseUrl: string): Promise<void> {
  const database = openDatabase({
    url: databaseUrl,
    applicationName: 'attacks',
    maxConnections: 1,
    onConnectionLost: () => undefined,
  })
  try {
    await ensureOrganization(database, BYSTANDER.orgId)
    await ensureAdminKey(database, { ...BYSTANDER, revive: true })
  } finally {
    await database.close()
  }
}
