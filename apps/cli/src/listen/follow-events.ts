import { randomUUID } from 'node:crypto'

import { RequestError, type ImporterClient, type ImportView } from '@importer/client'
import { importEventType, TEST_EVENT_TYPE, type DeliveryView, type WebhookEventType } from '@importer/contracts'

/** What a webhook holds: its body is `{type, timestamp, data}`. */
export interface ListenEvent {
  readonly id: string
  readonly type: WebhookEventType
  /** ISO 8601 */
  readonly timestamp: string
  readonly data: object
}

/** What can be seen of an organization's latest imports and deliveries at one moment. */
const LATEST_IMPORTS = 200
const LATEST_DELIVERIES = 50

/**
 * Finds the events that have happened since it was made. Where a webhook is delivered anyway, the event has its id and its
 * time; where nobody is notified, as before the first endpoint is made, the end of the import itself is the event.
 */
export class EventFollower {
  readonly #api: ImporterClient
  /** The state in which each import was seen last. */
  readonly #states = new Map<number, string>()
  readonly #known = new Set<string>()
  #mayReadDeliveries = true
  #isFirst = true

  constructor(api: ImporterClient) {
    this.#api = api
  }

  /** The events since the call before, oldest first; the first call only remembers what is there. */
  async poll(): Promise<ListenEvent[]> {
    // Imports first: whoever sees the end of one finds its delivery, which was recorded with it.
    const { items } = await this.#api.listImports({ limit: LATEST_IMPORTS })
    const deliveries = await this.#listDeliveries()
    const ended = items.toReversed().filter((view) => this.#hasJustEnded(view))
    const tests = deliveries.toReversed().filter((delivery) => this.#isNewTest(delivery))
    const isFirst = this.#isFirst
    this.#isFirst = false
    if (isFirst) return []
    return [...ended.map((view) => describeEnd(view, deliveries)), ...tests.map(describeTest)].toSorted((a, b) =>
      a.timestamp < b.timestamp ? -1 : 1,
    )
  }

  /** Needs the role admin, which is not needed for the rest. */
  async #listDeliveries(): Promise<readonly DeliveryView[]> {
    if (!this.#mayReadDeliveries) return []
    try {
      return (await this.#api.listWebhookDeliveries({ limit: LATEST_DELIVERIES })).items
    } catch (error) {
      if (!(error instanceof RequestError && error.status === 403)) throw error
      this.#mayReadDeliveries = false
      return []
    }
  }

  #hasJustEnded({ id, status, finishedAt }: ImportView): boolean {
    const before = this.#states.get(id)
    const state = `${status} ${finishedAt ?? ''}`
    this.#states.set(id, state)
    return before !== state && importEventType(status) !== undefined
  }

  #isNewTest({ eventType, webhookId }: DeliveryView): boolean {
    if (eventType !== TEST_EVENT_TYPE || this.#known.has(webhookId)) return false
    this.#known.add(webhookId)
    return true
  }
}

function describeEnd(view: ImportView, deliveries: readonly DeliveryView[]): ListenEvent {
  const type = importEventType(view.status) ?? 'import.completed'
  const delivery = deliveries.find(({ importId, eventType }) => importId === view.id && eventType === type)
  return {
    id: delivery?.webhookId ?? `msg_${randomUUID()}`,
    type,
    timestamp: delivery?.createdAt ?? view.updatedAt,
    data: view,
  }
}

function describeTest({ webhookId, createdAt, endpointId }: DeliveryView): ListenEvent {
  return { id: webhookId, type: TEST_EVENT_TYPE, timestamp: createdAt, data: { endpointId } }
}
