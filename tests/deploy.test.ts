/** What `deploy/` offers fits the metrics that there are, and the page that an alert points at has an answer. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'

import { OPERATIONS as OPERATIONS_OF_API } from '@importer/contracts'
import { expect, test } from 'vitest'

import { nameOfMetric, readDocumentedMetrics } from './support/documented-metrics.ts'

const REPOSITORY = path.resolve(import.meta.dirname, '..')
const read = (file: string): string => readFileSync(path.join(REPOSITORY, file), 'utf8')
const OPERATIONS = read('docs/operations.md')
const DOCUMENTED = new Set(readDocumentedMetrics().map(({ name }) => name))
const hasPromtool = spawnSync('promtool', ['--version']).status === 0

test.each(['deploy/prometheus/alerts.yaml', 'deploy/grafana/redemptions.json'])(
  '%s asks for metrics that are documented',
  (file) => {
    const asked = [...read(file).matchAll(/redemptions_\w+/g)].map(([name]) => nameOfMetric(name))
    expect(asked.length).toBeGreaterThan(5)
    expect(asked.filter((name) => !DOCUMENTED.has(name))).toEqual([])
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
  expect(named.filter((route) => !counted.has(route))).toEqual([])
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

test.skipIf(!hasPromtool)('promtool takes the rules, and their tests hold', () => {
  for (const args of [
    ['check', 'rules', 'deploy/prometheus/alerts.yaml'],
    ['test', 'rules', 'deploy/prometheus/alerts.test.yaml'],
  ]) {
    const { status, stdout, stderr } = spawnSync('promtool', args, { cwd: REPOSITORY, encoding: 'utf8' })
    expect(status, stdout + stderr).toBe(0)
  }
})
