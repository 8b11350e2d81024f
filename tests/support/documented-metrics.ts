/** What docs/operations.md says of metrics, and what rules and dashboard ask for. */
import { readFileSync } from 'node:fs'
import path from 'node:path'

import { parse } from 'yaml'

const REPOSITORY = path.resolve(import.meta.dirname, '../..')
const read = (file: string): string => readFileSync(path.join(REPOSITORY, file), 'utf8')

export interface DocumentedMetric {
  readonly name: string
  readonly part: 'intake' | 'worker'
  /** By label, the values that the page lists in brackets; none where it lists none. */
  readonly labels: Readonly<Record<string, readonly string[]>>
}

/** The rows of the table. */
export function readDocumentedMetrics(): DocumentedMetric[] {
  const rows = read('docs/operations.md').matchAll(/^\| `(redemptions_\w+)` \| (intake|worker) \| (.*) \|$/gm)
  return [...rows].map(([, name = '', part, text = '']) => {
    const labels = [...text.matchAll(/`(\w+)`(?: \(([^)]*)\))?/g)]
    return {
      name,
      part: part === 'intake' ? 'intake' : 'worker',
      labels: Object.fromEntries(labels.map(([, label, values]) => [label, values?.split(', ') ?? []])),
    }
  })
}

/** One metric in an expression. */
export interface MetricQuery {
  readonly name: string
  readonly matchers: readonly { readonly label: string; readonly values: readonly string[] }[]
  /** Labels of ours by which the expression groups. */
  readonly groupedBy: readonly string[]
}

/** Labels that Prometheus adds, or that every histogram has. */
const OTHERS_LABELS = new Set(['instance', 'job', 'le'])

function listExpressions(): string[] {
  const { groups } = parse(read('deploy/prometheus/alerts.yaml')) as { groups: { rules: { expr: string }[] }[] }
  const { panels } = JSON.parse(read('deploy/grafana/redemptions.json')) as {
    panels: { targets: { expr: string }[] }[]
  }
  return [...groups.flatMap(({ rules }) => rules), ...panels.flatMap(({ targets }) => targets)].map(({ expr }) => expr)
}

/** All of the alert rules and of the dashboard. */
export function readMetricQueries(): MetricQuery[] {
  return listExpressions().flatMap((expression) => {
    const groupedBy = [...expression.matchAll(/\bby \(([^)]*)\)/g)]
      .flatMap(([, labels = '']) => labels.split(/,\s*/))
      .filter((label) => !OTHERS_LABELS.has(label))
    const selectors = expression.matchAll(/\b(redemptions_\w+)(?:\{((?:"[^"]*"|[^"}])*)\})?/g)
    return [...selectors].map(([, name = '', text = '']) => ({
      name: nameOfMetric(name),
      matchers: [...text.matchAll(/(\w+)[=!]~?"([^"]*)"/g)].map(([, label = '', value = '']) => ({
        label,
        values: value.split('|'),
      })),
      groupedBy,
    }))
  })
}

/** Of a histogram's series, the histogram. */
export function nameOfMetric(series: string): string {
  return series.replace(/_(?:bucket|count|sum)$/, '')
}

export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
}

/** Ours, of what a process answers to `/metrics`. */
export function readSamples(text: string): Sample[] {
  return [...text.matchAll(/^(redemptions_\w+)(?:\{(.*)\})? \S+$/gm)].map(([, name = '', labels = '']) => ({
    name: nameOfMetric(name),
    labels: Object.fromEntries([...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, label, value]) => [label, value])),
  }))
}
