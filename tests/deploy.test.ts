/** What `deploy/` offers fits the metrics that there are, and the page that an alert points at has an answer. */
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import { OPERATIONS as OPERATIONS_OF_API } from '@importer/contracts'
import { expect, test } from 'vitest'

import { nameOfMetric, readDocumentedMetrics } from './support/documented-metrics.ts'
import { hasPromtool } from './support/promtool.ts'
import { makeTemporaryFolder } from './support/temporary-folder.ts'

const REPOSITORY = path.resolve(import.meta.dirname, '..')
const read = (file: string): string => readFileSync(path.join(REPOSITORY, file), 'utf8')
const OPERATIONS = read('docs/operations.md')
const DOCUMENTED = new Set(readDocumentedMetrics().map(({ name }) => name))
/** What a selector of all routes of the native API matches by. */
const ALL_OF_API = '/v1/.+'

interface Dashboard {
  readonly panels: readonly { readonly targets: readonly { readonly expr: string }[] }[]
}

function readExpressions(): string[] {
  const { panels } = JSON.parse(read('deploy/grafana/redemptions.json')) as Dashboard
  return panels.flatMap(({ targets }) => targets.map(({ expr }) => expr))
}

/** Whether Prometheus selects a series with these labels by the matchers between its braces. */
function matches(selector: string, labels: Readonly<Record<string, string>>): boolean {
  const matchers = [...selector.matchAll(/(\w+)(=~|!~|!=|=)"([^"]*)"/g)]
  expect(matchers.length).toBeGreaterThan(0)
  return matchers.every(([, name = '', operator = '', text = '']) => {
    const value = labels[name] ?? ''
    const isEqual = operator.endsWith('~')
      ? new RegExp(`^(?:${text.replaceAll('\\\\', '\\')})$`).test(value)
      : value === text
    return operator.startsWith('!') ? !isEqual : isEqual
  })
}

test.each(['deploy/prometheus/alerts.yaml', 'deploy/grafana/redemptions.json'])(
  '%s asks for metrics that are documented',
  (file) => {
    const requested = [...read(file).matchAll(/redemptions_\w+/g)].map(([name]) => nameOfMetric(name))
    expect(requested.length).toBeGreaterThan(5)
    expect(requested.filter((name) => !DOCUMENTED.has(name))).toEqual([])
  },
)

test.each(['deploy/prometheus/alerts.yaml', 'deploy/grafana/redemptions.json'])(
  '%s does not depend on how the operator names jobs',
  (file) => expect(read(file)).not.toMatch(/\b(?:job|instance)\s*[=!]/),
)

test('every route that an alert or the dashboard looks at is one under which requests are counted', () => {
  const counted = new Set([
    ...Object.values(OPERATIONS_OF_API).map(({ path: route }) => route),
    'redeemFile',
    'getUploadRedeemedCouponStatus',
    '/healthz',
    '/readyz',
    '/metrics',
  ])
  const named = ['deploy/prometheus/alerts.yaml', 'deploy/grafana/redemptions.json'].flatMap((file) =>
    [...read(file).matchAll(/route[!=]~?\\?"([^"]+?)\\?"/g)].flatMap(([, routes]) =>
      String(routes).replaceAll('\\', '').split('|'),
    ),
  )
  expect(named.length).toBeGreaterThan(5)
  expect(named.filter((route) => !counted.has(route) && route !== ALL_OF_API)).toEqual([])
})

test('the dashboard counts an answer time in one class, and those of probes and events in none', () => {
  const expressions = readExpressions().filter((expr) => expr.includes('quantile') && expr.includes('_http_request_'))
  const classes = new Set(expressions.map((expr) => /\{(.*)\}\[/.exec(expr)?.[1] ?? ''))
  const classesOf = (method: string, route: string): number =>
    [...classes].filter((selector) => matches(selector, { method, route, status: '200' })).length
  expect(classes.size).toBe(5)
  for (const { method, path: route } of Object.values(OPERATIONS_OF_API)) {
    const isCounted = !(route.endsWith('/events') || (route === '/v1/reference/{kind}' && method === 'get'))
    expect([method, route, classesOf(method.toUpperCase(), route)]).toEqual([method, route, isCounted ? 1 : 0])
  }
  expect([classesOf('POST', 'redeemFile'), classesOf('GET', 'getUploadRedeemedCouponStatus')]).toEqual([1, 1])
  for (const route of ['/healthz', '/readyz', '/metrics', '/docs', '/index.html', 'unmatched']) {
    expect([route, classesOf('GET', route)]).toEqual([route, 0])
  }
})

test('every metric that is documented is shown by the dashboard', () => {
  const shown = read('deploy/grafana/redemptions.json')
  expect([...DOCUMENTED].filter((name) => !shown.includes(name))).toEqual([])
})

test('every alert has a heading that it points at, and a test of its own', () => {
  const rules = read('deploy/prometheus/alerts.yaml')
  const names = [...rules.matchAll(/alert: (\w+)/g)].map(([, name]) => String(name))
  expect(names.length).toBeGreaterThan(5)
  for (const name of names) {
    expect(OPERATIONS).toContain(`### ${name}\n`)
    expect(rules).toContain(`runbook_url: docs/operations.md#${name.toLowerCase()}\n`)
    expect(read('deploy/prometheus/alerts.test.yaml')).toContain(`alertname: ${name}\n`)
  }
})

test.skipIf(!hasPromtool())('promtool takes every expression of the dashboard', async () => {
  const folder = await makeTemporaryFolder()
  const rules = readExpressions().map((expr, n) => ({ record: `dashboard:${n}`, expr }))
  const file = path.join(folder, 'expressions.json')
  writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules }] }))
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'rules', file], { encoding: 'utf8' })
  expect(status, stdout + stderr).toBe(0)
})

test.skipIf(!hasPromtool())('promtool takes the rules, and their tests hold', () => {
  for (const args of [
    ['check', 'rules', 'deploy/prometheus/alerts.yaml'],
    ['test', 'rules', 'deploy/prometheus/alerts.test.yaml'],
  ]) {
    const { status, stdout, stderr } = spawnSync('promtool', args, { cwd: REPOSITORY, encoding: 'utf8' })
    expect(status, stdout + stderr).toBe(0)
  }
})
