import { randomUUID } from 'node:crypto'

import { InvalidFileKeyError } from './file-store.ts'

/** All keys begin so. */
export const KEY_FOLDER = 'uploads'
/** Beside the keys: which installation the store belongs to. */
export const IDENTITY_KEY = `${KEY_FOLDER}/installation-id`
/** In S3: what shows that files can be written. The same for every process, and left there, so that it is one object for ever. */
export const PROBE_KEY = `${KEY_FOLDER}/write-probe`

export const PERIOD_MS = 60 * 60 * 1000
const DAY_MS = 24 * PERIOD_MS
const UUID = '[\\da-f]{8}(?:-[\\da-f]{4}){3}-[\\da-f]{12}'
const FILE_NAME = new RegExp(`^${UUID}$`)
/** Up to version 0.3 a key had no hour. */
const KEY = new RegExp(`^${KEY_FOLDER}/\\d{4}-\\d{2}-\\d{2}/(?:\\d{2}/)?${UUID}$`)
const PERIOD = /^\d{4}-\d{2}-\d{2}(?:\/\d{2})?$/

/**
 * A new key, `uploads/<yyyy-mm-dd>/<hh>/<uuid>`, with day and hour in UTC, so that what was stored lately can be listed
 * without everything else. Nothing of it comes from a client.
 */
export function makeFileKey(now = Date.now()): string {
  return `${KEY_FOLDER}/${formatHour(now)}/${randomUUID()}`
}

/** Gives `key` back when it was made by `makeFileKey`, so that nothing else ever reaches a path. */
export function checkFileKey(key: string): string {
  if (!KEY.test(key)) throw new InvalidFileKeyError()
  return key
}

export function checkPeriod(period: string): string {
  if (!PERIOD.test(period)) throw new TypeError(`"${period}" is no period of stored files`)
  return period
}

export function isFileName(name: string): boolean {
  return FILE_NAME.test(name)
}

/** When the period of a key was over, in epoch milliseconds. */
export function periodEndOf(key: string): number {
  const [, day = '', hour] = key.split('/')
  const begin = Date.parse(`${day}T00:00:00Z`)
  return hour !== undefined && /^\d{2}$/.test(hour) ? begin + (Number(hour) + 1) * PERIOD_MS : begin + DAY_MS
}

/** The hour, `<yyyy-mm-dd>/<hh>`, in which keys made at this instant stand. */
export function formatHour(ms: number): string {
  return new Date(ms).toISOString().slice(0, 13).replace('T', '/')
}
