import { randomUUID } from 'node:crypto'

import { InvalidFileKeyError } from './file-store.ts'

/** All keys begin so. */
export const KEY_FOLDER = 'uploads'

const DAY_MS = 24 * 60 * 60 * 1000
const FILE_NAME = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/
const KEY = /^uploads\/\d{4}-\d{2}-\d{2}\/[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/

/** A new key, `uploads/<yyyy-mm-dd>/<uuid>`, with the day in UTC. Nothing of it comes from a client. */
export function makeFileKey(now = Date.now()): string {
  return `${KEY_FOLDER}/${formatDay(now)}/${randomUUID()}`
}

/** Gives `key` back when it was made by `makeFileKey`, so that nothing else ever reaches a path. */
export function checkFileKey(key: string): string {
  if (!KEY.test(key)) throw new InvalidFileKeyError()
  return key
}

export function isFileName(name: string): boolean {
  return FILE_NAME.test(name)
}

/** The days, `yyyy-mm-dd`, in which keys made between the two instants can stand. */
export function listDays(fromMs: number, toMs: number): string[] {
  const days: string[] = []
  for (let day = Math.floor(Math.max(fromMs, 0) / DAY_MS) * DAY_MS; day <= toMs; day += DAY_MS)
    days.push(formatDay(day))
  return days
}

function formatDay(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}
