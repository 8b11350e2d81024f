import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import path from 'node:path'

import { chooseFreePort, findEmbeddedPostgres, isPortFree } from '@importer/embedded-postgres'
import { ensureApiKeyFile } from '@importer/local-system'
import { describe, expect, it } from 'vitest'

import { createTestDatabase } from '../../../tests/support/test-database.ts'
import { useSystemFixture } from '../test/system-fixture.ts'

const fixture = useSystemFixture()

describe('the whole system', { timeout: 120_000 }, () => {
  it('starts, keeps its key, is refused a second time, and stops without a trace', async () => {
    const address = path.join(fixture().dataDir, 'address')
    const first = await fixture().start()
    expect(first).toMatchObject({ url: `http://127.0.0.1:${fixture().port}`, orgId: 1, isNewApiKey: true })
    expect(await fixture().isAnswering()).toBe(true)
    expect(await readFile(address, 'utf8')).toBe(`${first.url}\n`)
    const answer = await fetch(`${first.url}/v1/reference/tills`, {
      headers: { authorization: `Bearer ${first.apiKey}` },
    })
    expect(answer.status).not.toBe(401)
    await expect(fixture().start()).rejects.toThrow(
      new RegExp(
        `^DATA_DIR ${fixture().dataDir} is in use by process ${process.pid}; stop that one or choose another DATA_DIR$`,
      ),
    )
    expect(await fixture().isAnswering()).toBe(true)
    await first.stop()
    expect(await readdir(path.join(fixture().dataDir, 'children'))).toEqual([])
    expect(findEmbeddedPostgres({ dataDir: fixture().dataDir })).toBeNull()
    expect(await isPortFree(fixture().port, '127.0.0.1')).toBe(true)
    await expect(readFile(address)).rejects.toThrow('ENOENT')

    const given = await fixture().start({ BOOTSTRAP_API_KEY: 'a-key-of-my-own-1234', BOOTSTRAP_ORG_ID: '7' })
    expect(given).toMatchObject({ orgId: 7, apiKey: 'a-key-of-my-own-1234', apiKeyFile: null, isNewApiKey: false })
    expect(ensureApiKeyFile(fixture().dataDir)).toMatchObject({ key: first.apiKey, isNew: false })
    expect(fixture().lines).toEqual(['Creating a PostgreSQL database cluster…'])
  })

  it('leaves nothing running when it gets the signal to stop while it starts', async () => {
    const abort = new AbortController()
    const starting = fixture().start({}, abort.signal)
    await fixture().waitFor('the first line', () => fixture().lines.length > 0)
    abort.abort(new Error('enough'))
    await expect(starting).rejects.toThrow()
    expect(findEmbeddedPostgres({ dataDir: fixture().dataDir })).toBeNull()
    await fixture().start()
  })

  it('says in one line which variable is bad, which port is taken, and which program does not start', async () => {
    await expect(fixture().start({ PORT: 'http' })).rejects.toThrow(/^PORT is "http"; expected .*$/)
    const rival = createServer().listen(fixture().port, '127.0.0.1')
    await once(rival, 'listening')
    await expect(fixture().start()).rejects.toThrow(
      `PORT ${fixture().port} is in use by another program; expected a free one`,
    )
    rival.close()
    await once(rival, 'close')
    const { ownerUrl } = await createTestDatabase()
    const missing = new URL(ownerUrl)
    missing.pathname = '/nothing'
    await expect(fixture().start({ DATABASE_URL: missing.href })).rejects.toThrow(
      /^The migration failed: exit code 1: .*SQLSTATE 3D000.*$/,
    )
    expect(await readdir(fixture().dataDir)).not.toContain('postgres')
  })

  it('waits for a database that is away, with one line a minute, and starts without a queue', async () => {
    const { ownerUrl } = await createTestDatabase()
    const away = new URL(ownerUrl)
    const { hostname, port } = away
    away.host = `127.0.0.1:${await chooseFreePort()}`
    const starting = fixture().start({
      DATABASE_URL: away.href,
      REDIS_URL: `redis://127.0.0.1:${await chooseFreePort()}`,
    })
    const waiting = 'Waiting for the database: the connection to the database failed (ECONNREFUSED)'
    await fixture().waitFor('the line', () => fixture().lines.includes(waiting))
    const server = createServer((client) => {
      const peer = connect(Number(port), hostname)
      for (const [from, to] of [
        [client, peer],
        [peer, client],
      ] as const) {
        from.on('error', () => to.destroy()).on('close', () => to.destroy())
        from.pipe(to)
      }
    }).listen(Number(away.port), '127.0.0.1')
    const system = await starting
    expect(fixture().lines).toEqual([waiting])
    await system.stop()
    server.close()
    await once(server, 'close')
  })
})
