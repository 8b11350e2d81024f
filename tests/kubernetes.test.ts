/** `deploy/kubernetes` against the types of the Kubernetes API, and against the software that it starts. */
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import { checkEnvironment } from '@importer/runtime'
import type { Deployment } from 'kubernetes-types/apps/v1.js'
import type { HorizontalPodAutoscaler } from 'kubernetes-types/autoscaling/v2.js'
import type { Job } from 'kubernetes-types/batch/v1.js'
import type { ConfigMap, Container, PodTemplateSpec, Secret, Service } from 'kubernetes-types/core/v1.js'
import type { PodDisruptionBudget } from 'kubernetes-types/policy/v1.js'
import { expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'

import { readIntakeEnvironment } from '../apps/intake/src/env.ts'
import { ENVIRONMENT } from '../packages/runtime/src/environment/catalogue.ts'
import { makeTemporaryFolder } from './support/temporary-folder.ts'

const REPOSITORY = path.resolve(import.meta.dirname, '..')
const FOLDER = path.join(REPOSITORY, 'deploy/kubernetes')
const MIB = 1024 ** 2
/** What each kind is in the package of types. */
const TYPES: Readonly<Record<string, string | undefined>> = {
  ConfigMap: 'core/v1',
  Deployment: 'apps/v1',
  HorizontalPodAutoscaler: 'autoscaling/v2',
  Job: 'batch/v1',
  PodDisruptionBudget: 'policy/v1',
  Secret: 'core/v1',
  Service: 'core/v1',
}

interface Kinds {
  ConfigMap: ConfigMap
  Deployment: Deployment
  HorizontalPodAutoscaler: HorizontalPodAutoscaler
  Job: Job
  PodDisruptionBudget: PodDisruptionBudget
  Secret: Secret
  Service: Service
}

interface KubernetesObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string }
}

const read = (file: string): string => readFileSync(path.join(REPOSITORY, file), 'utf8')
const KUSTOMIZATION = parse(read('deploy/kubernetes/kustomization.yaml')) as {
  resources: string[]
  images: { name: string }[]
}
const FILES = readdirSync(FOLDER).filter((file) => file.endsWith('.yaml') && file !== 'kustomization.yaml')
const OBJECTS = FILES.flatMap((file) => {
  const documents = parseAllDocuments(read(`deploy/kubernetes/${file}`))
  return documents.map((document) => {
    expect(document.errors, file).toEqual([])
    return document.toJS() as KubernetesObject
  })
})

function list<Kind extends keyof Kinds>(kind: Kind): Kinds[Kind][] {
  return OBJECTS.filter((object) => object.kind === kind) as unknown as Kinds[Kind][]
}

function find<Kind extends keyof Kinds>(kind: Kind, name: string): Kinds[Kind] {
  const found = list(kind).find(({ metadata }) => metadata?.name === name)
  if (found === undefined) throw new Error(`there is no ${kind} ${name} in deploy/kubernetes`)
  return found
}

const [intake, worker] = ['intake', 'worker'].map((part) => find('Deployment', `redemption-importer-${part}`))
const job = find('Job', 'redemption-importer-migrate')
const TEMPLATES: [name: string, template: PodTemplateSpec][] = [
  ['intake', podOf(intake)],
  ['worker', podOf(worker)],
  ['migrate', podOf(job)],
]

function podOf(owner: Deployment | Job | undefined): PodTemplateSpec {
  const template = owner?.spec?.template
  if (template === undefined) throw new Error('it has no template')
  return template
}

function containerOf(template: PodTemplateSpec): Container {
  const { containers = [] } = template.spec ?? {}
  const [container] = containers
  if (container === undefined || containers.length > 1) throw new Error('a template has one container')
  return container
}

/** As the container gets them: what comes later wins. */
function variablesOf(template: PodTemplateSpec): Record<string, string> {
  const { env = [], envFrom = [] } = containerOf(template)
  const variables: Record<string, string> = {}
  for (const { configMapRef, secretRef } of envFrom) {
    if (configMapRef !== undefined) Object.assign(variables, find('ConfigMap', configMapRef.name ?? '').data)
    if (secretRef !== undefined) Object.assign(variables, find('Secret', secretRef.name ?? '').stringData)
  }
  for (const { name, value = '' } of env) variables[name] = value
  return variables
}

/** Which templates a selector finds. */
function select(labels: Readonly<Record<string, string>> = {}): string[] {
  expect(Object.keys(labels).length).toBeGreaterThan(0)
  const fits = ([, template]: (typeof TEMPLATES)[number]) =>
    Object.entries(labels).every(([name, value]) => template.metadata?.labels?.[name] === value)
  return TEMPLATES.filter(fits).map(([name]) => name)
}

test('each object has the fields that the Kubernetes API has, and no others', async () => {
  // An object literal with a field that its type does not have does not compile.
  const lines = OBJECTS.map((object, index) => {
    const type = `import(${JSON.stringify(path.join(REPOSITORY, 'node_modules/kubernetes-types', TYPES[object.kind] ?? ''))})`
    return `export const object${index}: ${type}.${object.kind} = ${JSON.stringify(object)}`
  })
  const file = path.join(await makeTemporaryFolder(), 'objects.ts')
  const compile = (text: string): string => {
    writeFileSync(file, text)
    const tsc = path.join(REPOSITORY, 'node_modules/typescript/bin/tsc')
    const args = ['--noEmit', '--ignoreConfig', '--strict', '--skipLibCheck', '--module', 'nodenext', file]
    return spawnSync(process.execPath, [tsc, ...args], { encoding: 'utf8', cwd: REPOSITORY }).stdout
  }
  expect(OBJECTS.map(({ kind }) => kind).filter((kind) => TYPES[kind] === undefined)).toEqual([])
  expect(OBJECTS.filter(({ kind, apiVersion }) => TYPES[kind]?.replace('core/', '') !== apiVersion)).toEqual([])
  expect(compile(lines.join('\n'))).toBe('')
  expect(compile(lines.join('\n').replace('"readinessProbe"', '"readynessProbe"'))).toContain('readynessProbe')
})

test('the kustomization has every file but the example of the secrets', () => {
  expect(KUSTOMIZATION.resources.toSorted()).toEqual(FILES.filter((file) => file !== 'secrets.example.yaml').toSorted())
})

test.each(TEMPLATES)('%s runs the image of the compose file by its command there', (part, template) => {
  const { image, command = [] } = containerOf(template)
  expect(read('docker-compose.yml')).toContain(`  image: ${image}\n`)
  expect(KUSTOMIZATION.images.map(({ name }) => name)).toEqual([image])
  const shown = part === 'intake' ? `CMD ${JSON.stringify(command).replaceAll('","', '", "')}` : command.join(', ')
  expect(read(part === 'intake' ? 'Dockerfile' : 'docker-compose.yml')).toContain(shown)
})

test.each(TEMPLATES)('%s gets variables that there are, with values that it takes', (_part, template) => {
  const { SECRETS_KEY: placeholder, ...variables } = variablesOf(template)
  expect(placeholder).toBeTypeOf('string')
  expect(variables['DATABASE_URL']).toMatch(/^postgresql:/)
  // The AWS SDK reads its own.
  const unknown = Object.keys(variables).filter((name) => !(name in ENVIRONMENT) && !name.startsWith('AWS_'))
  expect(unknown).toEqual([])
  expect(checkEnvironment(variables).STORAGE_URL).toMatch(/^s3:/)
})

test('the migration alone is the owner of the schema', () => {
  const roles = TEMPLATES.map(([, template]) => new URL(variablesOf(template)['DATABASE_URL'] ?? '').username)
  expect(roles).toEqual(['importer', 'importer', 'importer_owner'])
  expect(variablesOf(podOf(job))['DATABASE_APP_ROLE']).toBe('importer')
})

test.each(TEMPLATES)('%s writes to its volumes alone, and can gain no right', (_part, template) => {
  const { securityContext, volumeMounts = [] } = containerOf(template)
  expect(securityContext).toEqual({
    readOnlyRootFilesystem: true,
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
  })
  expect(template.spec?.securityContext).toMatchObject({
    runAsNonRoot: true,
    runAsUser: 1000,
    seccompProfile: { type: 'RuntimeDefault' },
  })
  expect(template.spec?.automountServiceAccountToken).toBe(false)
  const volumes = template.spec?.volumes?.map(({ name }) => name) ?? []
  expect(volumeMounts.map(({ name }) => name)).toEqual(volumes)
  expect(volumeMounts.map(({ mountPath }) => mountPath)).toContain('/tmp')
})

test.each([
  ['intake', intake, { http: 'PORT', metrics: 'METRICS_PORT' }, 250],
  ['worker', worker, { metrics: 'WORKER_PORT' }, 400],
] as const)('%s is probed where it answers, in the memory that it is promised to need', (_part, owner, ports, most) => {
  const template = podOf(owner)
  const container = containerOf(template)
  const variables = variablesOf(template)
  const wanted = Object.entries(ports).map(([name, variable]) => ({ name, containerPort: Number(variables[variable]) }))
  expect(container.ports).toEqual(wanted)
  const { startupProbe, livenessProbe, readinessProbe } = container
  for (const [probe, endpoint] of [
    [startupProbe, '/healthz'],
    [livenessProbe, '/healthz'],
    [readinessProbe, 'http' in ports ? '/readyz?exclude=queue&exclude=storage' : '/readyz'],
  ] as const) {
    expect(probe?.httpGet).toEqual({ path: endpoint, port: Object.keys(ports)[0] })
    expect(read('docs/operations.md')).toContain(`| \`GET ${endpoint}\` |`)
  }
  expect(template.metadata?.annotations).toEqual({
    'prometheus.io/scrape': 'true',
    'prometheus.io/port': String(wanted.at(-1)?.containerPort),
    'prometheus.io/path': '/metrics',
  })
  const { requests, limits } = container.resources ?? {}
  expect(readBytes(requests?.['memory'])).toBeGreaterThanOrEqual(most * MIB)
  expect(readBytes(limits?.['memory'])).toBeGreaterThan(readBytes(requests?.['memory']))
  expect(limits).not.toHaveProperty('cpu')

  const { SHUTDOWN_TIMEOUT_SECONDS, SHUTDOWN_DRAIN_SECONDS } = readIntakeEnvironment({
    ...variables,
    // A placeholder.
    SECRETS_KEY: undefined,
  })
  expect(template.spec?.terminationGracePeriodSeconds).toBeGreaterThan(SHUTDOWN_TIMEOUT_SECONDS)
  // Both would wait for the same.
  expect(container.lifecycle).toBeUndefined()
  const { periodSeconds = 10, failureThreshold = 3 } = readinessProbe ?? {}
  expect(SHUTDOWN_DRAIN_SECONDS).toBeGreaterThan(periodSeconds * failureThreshold)
})

test('selectors find what they are for', () => {
  for (const [part, owner] of [['intake', intake] as const, ['worker', worker] as const]) {
    expect(select(owner?.spec?.selector.matchLabels)).toEqual([part])
    const [spread] = podOf(owner).spec?.topologySpreadConstraints ?? []
    expect(select(spread?.labelSelector?.matchLabels)).toEqual([part])
    const budget = find('PodDisruptionBudget', `redemption-importer-${part}`)
    expect(select(budget.spec?.selector?.matchLabels)).toEqual([part])
    expect(budget.spec).toMatchObject({ maxUnavailable: 1, unhealthyPodEvictionPolicy: 'AlwaysAllow' })
  }
  const service = find('Service', 'redemption-importer-intake')
  expect(select(service.spec?.selector)).toEqual(['intake'])
  const names = containerOf(podOf(intake)).ports?.map(({ name }) => name)
  expect(
    service.spec?.ports?.map(({ targetPort }) => targetPort).filter((port) => !names?.includes(String(port))),
  ).toEqual([])
})

test('the autoscaler goes by metrics that there are, which the page beside it shows how to serve', () => {
  const [scaler, ...others] = list('HorizontalPodAutoscaler')
  expect(others).toEqual([])
  expect(find('Deployment', scaler?.spec?.scaleTargetRef.name ?? '').spec).not.toHaveProperty('replicas')
  expect(scaler?.spec?.minReplicas).toBeGreaterThan(0)
  const [metric] = scaler?.spec?.metrics ?? []
  const name = metric?.external?.metric.name ?? ''
  const page = read('deploy/kubernetes/README.md')
  expect(page).toContain(`as: '${name}'`)
  // A worker that has all the imports it takes at once is wanted, whether any others wait or not.
  expect(metric?.external?.target).toEqual({
    type: 'AverageValue',
    averageValue: String(ENVIRONMENT.WORKER_CONCURRENCY.schema.parse(undefined)),
  })
  const query = /metricsQuery: '(.*)'/.exec(page)?.[1] ?? ''
  const queried = [...query.matchAll(/max\((redemptions_\w+)\)/g)].map(([, found]) => found)
  expect(queried).toEqual(['waiting', 'running', 'preparing'].map((state) => `redemptions_imports_${state}`))
  for (const found of queried) expect(read('docs/operations.md')).toContain(`| \`${found}\` | worker |`)
})

function readBytes(quantity = ''): number {
  const [, amount, unit] = /^(\d+)(Mi|Gi)$/.exec(quantity) ?? []
  return Number(amount) * (unit === 'Gi' ? 1024 : 1) * MIB
}
