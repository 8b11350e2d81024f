/** What the logs of both processes tell of imports, requests and access, and what they must not: one run of everything. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { blockCoupon } from '../support/obstacle.ts'
import { listQueueBackends, startQueueServer } from '../support/redis-server.ts'
import { startSystem, TEST_KEY, TEST_ORG, type RunningSystem } from '../support/running-system.ts'
import {
  openShop,
  SHOP_FIELDS,
  SHOP_HEADER,
  SHOP_SERIES,
  shopRedemption,
  shopRow,
  shopRows,
} from '../support/small-shop.ts'
import { waitUntil } from '../support/wait-until.ts'

type Line = Readonly<Record<string, unknown>>

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736'
const WRONG_KEY = 'rik_a-key-that-nobody-has-0123456789'
const CELLS = ['919955512345', 'somebody@example.org', 'NOT-A-DATE-77', 'SECRET-CODE-42', 'bill-4711-of-mine']

let system: RunningSystem
let url: string
/** All that must not be in a log: keys, secrets, tokens, cells. */
let sent: Set<string>
let outputs: (() => string)[]

/** Whole lines: the rest of one may yet come. */
function readLog(): Line[] {
  return outputs.flatMap((read) => read().split('\n').slice(0, -1)).map((line) => JSON.parse(line) as Line)
}

/** What goes on as planned is info. What a busy machine adds is not: a queue that is slow warns, a further time slice is debug. */
type Level = 'info' | 'warn'

/** The lines of an import's life, without those of the requests about it, in their order in each process. */
function lifeOf(importId: number, levels: readonly Level[]): string[] {
  return readLog()
    .filter((line) => line['importId'] === importId && line['msg'] !== 'request')
    .filter((line) => levels.some((level) => level === line['level']))
    .map((line) => String(line['msg']))
}

async function call(path: string, init: RequestInit = {}, key: string | null = TEST_KEY): Promise<Response> {
  const authorization = key === null ? undefined : { Authorization: `Bearer ${key}` }
  return fetch(`${url}${path}`, { ...init, headers: { ...authorization, ...(init.headers as Record<string, string>) } })
}

async function findRequest(requestId: string): Promise<Line> {
  return waitUntil(`the request ${requestId} was logged`, async () => {
    return readLog().find((line) => line['requestId'] === requestId && line['msg'] === 'request') ?? null
  })
}

describe.each(listQueueBackends())('with the queue in %s', (queue) => {
  beforeAll(async () => {
    const redisUrl = await startQueueServer(queue)
    system = await startSystem({ batchRows: 10, redisUrl, env: { LOG_LEVEL: 'debug' } })
    url = `http://127.0.0.1:${system.port}`
    sent = new Set([TEST_KEY, WRONG_KEY, ...CELLS])
    outputs = [system.intake, system.worker].map((app) => () => app.readOutput())
    await openShop(system.client, 30)
  })
  afterAll(async () => system.stop())

  test('an import is logged from its upload to its revert, with its counts', async () => {
    const bad = [`${CELLS[2]},50001,${CELLS[0]},${CELLS[3]}`, `1714521600000,50001,${CELLS[1]},C2`]
    const file = `${SHOP_HEADER}${shopRows(1, 2)}${shopRow(1)}\n${bad.join('\n')}\n`
    const { jobId } = await system.client.upload({ ...SHOP_FIELDS, file, fileName: `of-${CELLS[1]}.csv` })
    await system.client.waitUntilFinished(jobId)
    expect((await call(`/v1/imports/${jobId}/revert`, { method: 'POST' })).status).toBe(202)
    await waitUntil('it was reverted', async () => (await system.client.readImport(jobId)).status === 'reverted')
    const life = [
      'import accepted',
      'import is to be reverted',
      'import started',
      'import completed',
      'import reverted',
    ]
    await waitUntil('all of it was logged', async () => lifeOf(jobId, ['info']).includes('import reverted'))
    expect(lifeOf(jobId, ['info'])).toEqual(life)
    for (const line of readLog().filter((each) => each['importId'] === jobId)) expect(line['orgId']).toBe(TEST_ORG)
    const completed = readLog().find((line) => line['importId'] === jobId && line['msg'] === 'import completed')
    expect(completed).toMatchObject({ name: 'worker', rows: 5, inserted: 2, duplicates: 1, rejected: 2 })
  })

  test('so is one that is cancelled, resumed, taken over by another worker, and one that fails', async () => {
    const obstacle = await blockCoupon(system.ownerUrl, shopRedemption(7))
    const { jobId } = await system.client.upload({ ...SHOP_FIELDS, file: SHOP_HEADER + shopRows(7, 9) })
    await obstacle.waitUntilMet()
    expect((await call(`/v1/imports/${jobId}/cancel`, { method: 'POST' })).status).toBe(200)
    const takenAway = await waitUntil('its worker logged that', async () => {
      return readLog().find(({ msg }) => msg === 'an import was taken away by an action') ?? null
    })
    expect(takenAway).toMatchObject({ importId: jobId, orgId: TEST_ORG })
    expect((await call(`/v1/imports/${jobId}/resume`, { method: 'POST' })).status).toBe(202)
    await obstacle.waitUntilMet()
    await system.worker.kill('SIGKILL')
    await obstacle.terminateHeld()
    await obstacle.remove()
    const worker = await system.startWorker()
    outputs.push(() => worker.readOutput())
    await system.client.waitUntilFinished(jobId)
    await waitUntil('its end was logged', async () => lifeOf(jobId, ['info']).includes('import completed'))
    expect(lifeOf(jobId, ['info', 'warn'])).toEqual(
      expect.arrayContaining([
        'import accepted',
        'import started',
        'import cancelled',
        'import resumed',
        'import taken over from a worker that failed',
        'import completed',
      ]),
    )
    const empty = await system.client.upload({ ...SHOP_FIELDS, file: '' })
    await system.client.waitUntilFinished(empty.jobId)
    const failed = await waitUntil('its failure was logged', async () => {
      return readLog().find((line) => line['importId'] === empty.jobId && line['msg'] === 'import failed') ?? null
    })
    expect(failed).toMatchObject({ level: 'warn', orgId: TEST_ORG, code: 'EMPTY_FILE' })
  })

  test('a request is logged with its id, its key, its import and the code of its error', async () => {
    const { jobId } = await system.client.upload({ ...SHOP_FIELDS, file: SHOP_HEADER + shopRows(10, 11) })
    const poll = await call(`/v1/imports/${jobId}`, { headers: { 'X-Request-Id': 'poll-1' } })
    expect(poll.headers.get('x-request-id')).toBe('poll-1')
    const keyId: unknown = expect.any(Number)
    const line = await findRequest('poll-1')
    expect(line).toMatchObject({
      route: '/v1/imports/{importId}',
      status: 200,
      importId: jobId,
      keyId,
      orgId: TEST_ORG,
    })
    expect(line).not.toHaveProperty('errorCode')

    const path = `/coupon/api/v1/upload/getUploadRedeemedCouponStatus/${SHOP_SERIES}?jobId=${jobId}`
    await call(path, { headers: { 'X-Request-Id': 'poll-2' } })
    expect(await findRequest('poll-2')).toMatchObject({ importId: jobId, keyId })

    const traceparent = `00-${TRACE_ID}-00f067aa0ba902b7-01`
    const form = new FormData()
    form.append('uploadHeaders', `{"mobile":"${CELLS[0]}","${CELLS[3]}":1}`)
    form.append('file', new Blob([`${CELLS[2]},${CELLS[0]}\n`]), `${CELLS[1]}.csv`)
    const refused = await call(`/v1/series/${SHOP_SERIES}/imports`, {
      method: 'POST',
      body: form,
      headers: { traceparent, 'X-Request-Id': `not sane ${CELLS[0]}` },
    })
    expect(refused.status).toBe(400)
    expect(refused.headers.get('x-request-id')).toBe(TRACE_ID)
    expect(await findRequest(TRACE_ID)).toMatchObject({ status: 400, keyId, errorCode: expect.any(String) })

    // Whatever is sent as a path or a query.
    for (const odd of [`/${WRONG_KEY}/${CELLS[0]}`, `/v1/reference/customers/${CELLS[0]}`]) {
      expect((await call(odd)).status).toBe(404)
    }
    await call(`/v1/redemptions?couponCode=${CELLS[3]}&billNumber=${CELLS[4]}`)
  })

  test('what concerns access is logged with the id of the key, never the key', async () => {
    const json = { 'Content-Type': 'application/json' }
    const post = (body: object): RequestInit => ({ method: 'POST', headers: json, body: JSON.stringify(body) })
    expect((await call('/v1/imports', { headers: { 'X-Request-Id': 'refused-1' } }, WRONG_KEY)).status).toBe(401)
    expect((await call('/v1/session', post({ apiKey: WRONG_KEY }), null)).status).toBe(401)
    expect((await call('/v1/imports', {}, null)).status).toBe(401)

    const made = await call('/v1/api-keys', post({ role: 'read', name: 'a reader' }))
    const { id: readerId, key: reader } = (await made.json()) as { id: number; key: string }
    const signedIn = await call('/v1/session', post({ apiKey: reader }), null)
    expect(signedIn.status).toBe(201)
    const [cookie = ''] = signedIn.headers.getSetCookie().map((each) => each.split(';')[0] ?? '')
    expect((await call('/v1/api-keys', { headers: { cookie, 'X-Request-Id': 'role-1' } }, null)).status).toBe(403)
    expect((await call('/v1/session', { method: 'DELETE', headers: { cookie } }, null)).status).toBe(403)
    const sameSite = { cookie, 'Sec-Fetch-Site': 'same-origin' }
    expect((await call('/v1/session', { method: 'DELETE', headers: sameSite }, null)).status).toBe(204)
    expect((await call('/v1/session', { headers: { cookie } }, null)).status).toBe(401)
    expect((await call(`/v1/api-keys/${readerId}`, { method: 'DELETE' })).status).toBe(204)
    const secret = ((await (await call('/v1/webhook-secret')).json()) as { secret: string }).secret
    const rotated = (await (await call('/v1/webhook-secret/rotate', { method: 'POST' })).json()) as { secret: string }
    for (const each of [reader, cookie, cookie.split('=')[1] ?? '', secret, rotated.secret]) sent.add(each)

    // Lines of what goes well are written together, a moment later.
    const events = await waitUntil('the last event was logged', async () => {
      const found = readLog().filter((line) => typeof line['event'] === 'string')
      return found.some((line) => line['event'] === 'webhook secret rotated') ? found : null
    })
    expect(events.map((line) => line['event'])).toEqual([
      'key refused',
      'key refused',
      'key created',
      'session created',
      'role refused',
      'cross-origin request refused',
      'session ended',
      'session refused',
      'key revoked',
      'webhook secret rotated',
    ])
    expect(events[0]).toMatchObject({ level: 'warn', requestId: 'refused-1' })
    expect(events[0]).not.toHaveProperty('keyId')
    for (const index of [3, 4, 6]) expect(events[index]).toMatchObject({ keyId: readerId, orgId: TEST_ORG })
    expect(events[8]).toMatchObject({ level: 'info', revokedKeyId: readerId, keyId: expect.any(Number) })
  })

  test('after all of this the logs are lines of JSON, and none holds a key, a secret, a mobile, an e-mail or a cell', () => {
    const lines = readLog()
    expect(lines.length).toBeGreaterThan(50)
    for (const line of lines) {
      expect(line).toMatchObject({
        level: expect.any(String),
        time: expect.stringMatching(/^\d{4}-/),
        msg: expect.any(String),
      })
    }
    const text = outputs.map((read) => read()).join('\n')
    expect(sent.size).toBe(2 + CELLS.length + 5)
    for (const secret of sent) expect(text).not.toContain(secret)
    expect(text).not.toMatch(/9199000000\d\d|whsec_|rik_|@example/)
  })
})
