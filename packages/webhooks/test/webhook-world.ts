import { randomBytes } from 'node:crypto'

import {
  completeImport,
  createWebhookEndpoint,
  ensureOrganization,
  listWebhookDeliveries,
  openDatabase,
  type Database,
} from '@importer/db'
import { createLog, type Logger } from '@importer/runtime'

import { queryOnce } from '../../../tests/support/query-once.ts'
import { createTestDatabase } from '../../../tests/support/test-database.ts'
import { attemptDelivery, type AttemptOptions } from '../src/attempt-delivery.ts'
import { queueDueDeliveries } from '../src/dispatcher.ts'
import { createResolveHost } from '../src/resolve-host.ts'

export const ORG = 9619
const LOCAL_POLICY = { allowHttp: true, allowPrivateNetworks: true }

interface Job {
  readonly deliveryId: number
  readonly turn: number
}

type DeliveryRecord = Awaited<ReturnType<typeof listWebhookDeliveries>>[number]

interface NewImport {
  readonly callbackUrl?: string
  readonly baseUrl?: string
  readonly metadata?: object
}

export interface WebhookWorld {
  readonly database: Database
  /** Forgets every endpoint, event and secret. */
  clear(): Promise<void>
  readonly log: Logger
  readonly logged: string[]
  /** What the clock says: a test moves it. */
  clock: Date
  passTime(ms: number): void
  makeEndpoint(url: string): Promise<{ id: number; secret: string }>
  /** An import that a worker holds with fencing token 1. */
  makeImport(more?: NewImport): Promise<number>
  /** Such an import completes, by the real clock, which the test's is not behind then. */
  endImport(more?: NewImport): Promise<number>
  /** At least the real time: the test's clock must not be behind what the database recorded. */
  catchUp(): void
  listAll(): Promise<DeliveryRecord[]>
  /** Throws where there is another number of deliveries. */
  onlyOne(): Promise<DeliveryRecord>
  /** One pass of the dispatcher, and the jobs that it would have queued. */
  takeDueJobs(): Promise<Job[]>
  attempt(job: Job, more?: Partial<AttemptOptions>, signal?: AbortSignal): Promise<void>
  /** Dispatches and attempts until nothing is due; says how many attempts were made. */
  deliverAllDue(more?: Partial<AttemptOptions>): Promise<number>
  stop(): Promise<void>
}

/** A database of its own, a clock that stands still, and the parts that deliver webhooks, without a queue between them. */
export async function openWebhookWorld(
  options: {
    readonly secretsKeys?: readonly Buffer[]
    readonly urls?: Awaited<ReturnType<typeof createTestDatabase>>
  } = {},
): Promise<WebhookWorld> {
  const { url, ownerUrl } = options.urls ?? (await createTestDatabase())
  const logged: string[] = []
  const log = createLog({ name: 'test', level: 'debug', destination: { write: (line) => logged.push(line) } })
  const database = openDatabase({
    url,
    applicationName: 'webhooks-test',
    maxConnections: 6,
    onConnectionLost: (error) => log.warn({ err: error }, 'connection lost'),
    secretsKeys: options.secretsKeys,
  })
  await ensureOrganization(database, ORG)
  const now = (): Date => world.clock
  const jobs: Job[] = []
  const queue = {
    enqueueAll: async (added: readonly { readonly payload: Job }[]): Promise<void> => {
      jobs.push(...added.map(({ payload }) => payload))
    },
  }
  const attemptOptions: AttemptOptions = {
    database,
    log,
    policy: LOCAL_POLICY,
    resolveHost: createResolveHost(),
    now,
    random: () => 0,
  }

  const world: WebhookWorld = {
    database,
    async clear() {
      await queryOnce(ownerUrl, 'TRUNCATE webhook_endpoint, webhook_event, webhook_secret CASCADE')
    },
    log,
    logged,
    clock: new Date(),
    passTime(ms) {
      world.clock = new Date(world.clock.getTime() + ms)
    },
    async makeEndpoint(endpointUrl) {
      const made = await createWebhookEndpoint(database, {
        orgId: ORG,
        url: endpointUrl,
        description: null,
        eventTypes: [],
        actor: { type: 'system', name: 'test' },
      })
      if (made === null) throw new Error('the organization has too many endpoints')
      return { id: made.endpoint.id, secret: made.secret }
    },
    async makeImport({ metadata, ...more } = {}) {
      const { id } = await database.prisma.import.create({
        data: {
          orgId: ORG,
          seriesId: 1n,
          status: 'processing',
          fencingToken: 1,
          fileKey: randomBytes(8).toString('hex'),
          fileName: 'nightly.csv',
          bytes: 100n,
          sha256: 'f'.repeat(64),
          mapping: {},
          ...more,
          ...(metadata === undefined ? {} : { metadata }),
        },
      })
      return id
    },
    async endImport(more) {
      const importId = await world.makeImport(more)
      if (!(await completeImport(database, { importId, fencingToken: 1 }, 0))) throw new Error('it was over already')
      world.catchUp()
      return importId
    },
    catchUp() {
      if (world.clock.getTime() < Date.now()) world.clock = new Date()
    },
    listAll: async () => listWebhookDeliveries(database, { orgId: ORG }, { limit: 100 }),
    async onlyOne() {
      const [delivery, ...more] = await world.listAll()
      if (delivery === undefined || more.length > 0)
        throw new Error(`there are ${more.length + (delivery ? 1 : 0)} deliveries`)
      return delivery
    },
    async takeDueJobs() {
      await queueDueDeliveries({ database, queue, log, now })
      return jobs.splice(0)
    },
    attempt: async (job, more = {}, signal = new AbortController().signal) =>
      attemptDelivery({ ...attemptOptions, ...more }, job, signal),
    async deliverAllDue(more) {
      let attempts = 0
      for (let due = await world.takeDueJobs(); due.length > 0; due = await world.takeDueJobs()) {
        attempts += due.length
        await Promise.all(due.map(async (job) => world.attempt(job, more)))
      }
      return attempts
    },
    async stop() {
      await database.close()
    },
  }
  return world
}
