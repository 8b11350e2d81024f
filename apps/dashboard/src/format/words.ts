import { COLUMN_KEYS, COLUMNS } from '@importer/contracts'
import type { ImportView } from '../api/client.ts'

export type Tone = 'good' | 'warn' | 'bad' | 'busy' | 'quiet'

export interface Worded {
  readonly text: string
  readonly tone: Tone
}

const STATUSES: Readonly<Record<ImportView['status'], Worded>> = {
  queued: { text: 'Queued', tone: 'busy' },
  processing: { text: 'Processing', tone: 'busy' },
  completed: { text: 'Completed', tone: 'good' },
  failed: { text: 'Failed', tone: 'bad' },
  cancelled: { text: 'Cancelled', tone: 'warn' },
  reverted: { text: 'Reverted', tone: 'quiet' },
}

export function wordStatus(status: ImportView['status']): Worded {
  return STATUSES[status]
}

/** What a completed import came to; null while there is nothing to add to its status. */
export function wordOutcome({ outcome }: Pick<ImportView, 'outcome'>): Worded | null {
  switch (outcome) {
    case 'partial':
      return { text: 'Some rows rejected', tone: 'warn' }
    case 'failure':
      return { text: 'Every row rejected', tone: 'bad' }
    case 'success':
    case null:
      return null
  }
}

export function isOver({ status }: Pick<ImportView, 'status'>): boolean {
  return status !== 'queued' && status !== 'processing'
}

/** What a column means, in words. A name that nobody knows stands for itself. */
export function wordColumn(column: string): string {
  const key = COLUMN_KEYS.find((one) => one === column)
  return key === undefined ? column : COLUMNS[key].title
}

/** What separates the cells of a file, in words; the field gives what no word is known of. */
export const DELIMITER_WORDS: Readonly<Record<string, string | undefined>> = {
  ',': 'comma',
  ';': 'semicolon',
  '\t': 'tab',
  '|': 'vertical bar',
}

/** The name that a file had when it was uploaded: without the time and the series that every stored name has. */
export function showFileName(fileName: string): string {
  return fileName.replace(/_\d{13}_\d+(?=\.[^.]*$|$)/, '')
}

/** Messages of the API begin small, as parts of a sentence do; here each stands by itself. */
export function beginSentence(message: string): string {
  return message.charAt(0).toUpperCase() + message.slice(1)
}

/** `CUSTOMER_NOT_FOUND` as `Customer not found`. */
export function wordCode(code: string): string {
  const text = code.toLowerCase().replaceAll(/[_.-]+/g, ' ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** So many characters of a text that may be of any length. */
export function shorten(text: string, characters = 40): string {
  return text.length > characters ? `${text.slice(0, characters)}…` : text
}
