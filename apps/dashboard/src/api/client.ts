import { buildAddress, createClientOf, type AnswerTo, type CallTo } from '@importer/client'
import { OPERATIONS } from '@importer/contracts'

type Table = typeof OPERATIONS

export type OperationName = keyof Table
export type AnswerOf<Name extends OperationName> = AnswerTo<Table[Name]>
export type CallOf<Name extends OperationName> = CallTo<Table[Name]>
export type ImportView = AnswerOf<'showImport'>
/** Of a page: without it a 401 would make the browser ask for user name and password by itself. */
export const PAGE_HEADERS = { 'X-Requested-With': 'XMLHttpRequest' } as const

/** Same origin, by the cookie of the session. */
export const client = createClientOf(OPERATIONS, { url: '', headers: PAGE_HEADERS })

/** Path and query of a call. */
export function addressOf<Name extends OperationName>(name: Name, call: Omit<CallOf<Name>, 'body'>): string {
  return buildAddress(OPERATIONS[name], call)
}

export function methodOf(name: OperationName): string {
  return OPERATIONS[name].method.toUpperCase()
}
