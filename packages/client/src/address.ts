import type { Operation } from '@importer/contracts'

/** A call's parameters, whatever the operation. */
export type AnyCall = Readonly<Record<string, unknown>>

/**
 * Path and query of a call, such as `/v1/imports/7/errors.csv?raw=true`: what a link or an EventSource needs. Parameters
 * that are undefined are left out.
 */
export function buildAddress(operation: Pick<Operation, 'path'>, call: AnyCall): string {
  const inPath = new Set<string>()
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_text, name: string) => {
    inPath.add(name)
    return encodeURIComponent(toText(call[name]))
  })
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(call)) {
    if (!inPath.has(name) && name !== 'body' && value !== undefined) query.set(name, toText(value))
  }
  return query.size === 0 ? path : `${path}?${query.toString()}`
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : String(value)
}
