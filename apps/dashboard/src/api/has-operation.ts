import { OPERATIONS, type Operation } from '@importer/contracts'

const KNOWN = new Set(Object.values(OPERATIONS).map(({ method, path }: Operation) => `${method} ${path}`))

/** Whether the API that this page was built for has an operation, such as `get /v1/imports/{importId}/errors.xlsx`. */
export function hasOperation(operation: string): boolean {
  return KNOWN.has(operation)
}
