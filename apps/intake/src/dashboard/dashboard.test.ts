import { expect, test } from 'vitest'

import { startIntake } from '../../test/start-intake.ts'

const intake = await startIntake()

const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${intake.url}${path}`, { headers })

const VIEWS = [
  '/',
  '/sign-in',
  '/imports',
  '/imports/new',
  '/imports/7',
  '/imports/7/rows/4711?code=INVALID_DATE',
  '/profiles',
  '/reference',
  '/redemptions',
  '/webhooks',
  '/keys',
]

test.each(VIEWS)('the page is at %s, without a key', async (path) => {
  const response = await get(path, { Accept: 'text/html' })
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
  expect(await response.text()).toContain('<div id="root">')
  expect(response.headers.get('cache-control')).toBe('no-cache')
})

test('nothing may run in the page but its own files, and nobody may frame it', async () => {
  const response = await get('/')
  const policy = response.headers.get('content-security-policy') ?? ''
  expect(policy).toContain("default-src 'none'")
  expect(policy).toContain("script-src 'self';")
  expect(policy).toContain("frame-ancestors 'none'")
  expect(policy).not.toMatch(/unsafe|https?:|\*/)
  const page = await response.text()
  expect(page).not.toMatch(/<style|<script(?![^>]* src="\/)|\son\w+=|style=/)
  expect([...page.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, address]) => address)).toEqual(
    expect.arrayContaining([expect.stringMatching(/^\/assets\/[\w-]+-[\w-]{8}\.js$/)]),
  )
})

test('its files never change, its page is asked for again', async () => {
  const page = await get('/')
  const script = /src="([^"]+)"/.exec(await page.text())?.[1] ?? ''
  const response = await get(script)
  expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
  expect(response.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
  const unchanged = await get('/imports', { 'If-None-Match': page.headers.get('etag') ?? '' })
  expect([unchanged.status, await unchanged.text()]).toEqual([304, ''])
})

test('it is packed for who takes that', async () => {
  const plain = await get('/', { 'Accept-Encoding': 'identity' })
  expect(plain.headers.get('content-encoding')).toBeNull()
  const packed = await get('/', { 'Accept-Encoding': 'gzip' })
  expect(packed.headers.get('content-encoding')).toBe('gzip')
  expect(packed.headers.get('vary')).toContain('Accept-Encoding')
  expect(await packed.text()).toBe(await plain.text())
})

test.each(['/imports/7/rows', '/nothing', '/assets/nothing.js', '/assets/', '/.git/config', '/index.html.map'])(
  'an address of no view is 404 in JSON: %s',
  async (path) => {
    const response = await get(path)
    expect([response.status, response.headers.get('content-type')]).toEqual([
      404,
      'application/problem+json; charset=utf-8',
    ])
  },
)

test('it is only read', async () => {
  expect((await fetch(`${intake.url}/imports`, { method: 'POST' })).status).toBe(405)
})
