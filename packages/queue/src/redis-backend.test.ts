import { chooseFreePort } from '@importer/embedded-postgres'
import { createLog } from '@importer/runtime'
import { describe, expect, test } from 'vitest'

import { hasRedisServer, startRedisServer } from '../../../tests/support/redis-server.ts'
import { openRedisBackend } from './redis-backend.ts'

const log = createLog({ name: 'test', level: 'silent' })

async function pingOnce(redisUrl: string): Promise<unknown> {
  const backend = openRedisBackend({ redisUrl, log, reportError: () => undefined })
  try {
    return await backend.ping().then(
      () => 'answered',
      (error: unknown) => error,
    )
  } finally {
    await backend.close()
  }
}

describe('a Redis that cannot be worked with says why', () => {
  test('nobody listens', async () => {
    const port = await chooseFreePort()
    expect(await pingOnce(`redis://127.0.0.1:${port}`)).toMatchObject({
      code: 'QUEUE_UNAVAILABLE',
      cause: { code: 'ECONNREFUSED' },
    })
  })

  test.skipIf(!hasRedisServer())('the password is wrong, or missing', async () => {
    const { url } = await startRedisServer({ requirepass: 'right' })
    expect(await pingOnce(url.replace('//', '//:right@'))).toBe('answered')
    expect(await pingOnce(url.replace('//', '//:wrong@'))).toMatchObject({ cause: { code: 'WRONGPASS' } })
    expect(await pingOnce(url)).toMatchObject({ cause: { code: 'NOAUTH' } })
  })
})
