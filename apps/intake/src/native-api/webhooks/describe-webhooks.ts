import type { DeliveryView, EndpointView } from '@importer/contracts'
import type { DeliveryRecord, EndpointRecord } from '@importer/db'

export function describeEndpoint(record: EndpointRecord): EndpointView {
  return {
    ...record,
    eventTypes: [...record.eventTypes],
    failingSince: record.failingSince?.toISOString() ?? null,
    createdAt: record.createdAt.toISOString(),
  }
}

export function describeDelivery({ attempts, ...record }: DeliveryRecord): DeliveryView {
  return {
    ...record,
    createdAt: record.createdAt.toISOString(),
    nextAttemptAt: record.nextAttemptAt?.toISOString() ?? null,
    finishedAt: record.finishedAt?.toISOString() ?? null,
    attempts: attempts.map(({ number, url, startedAt, durationMs, httpStatus, errorCode, answer }) => ({
      number,
      url,
      startedAt: startedAt.toISOString(),
      durationMs,
      status: httpStatus,
      error: errorCode,
      answer,
    })),
  }
}
