import { OPERATIONS, type Operation } from '@importer/contracts'
import type { z } from 'zod'

import { buildAddress, type AnyCall } from './address.ts'
import type { AnswerTo, CallTo, OperationTable } from './operation-types.ts'
import { describeRefusal, describeUnreachable, RequestError } from './request-error.ts'

export interface ClientOptions {
  /** Where the importer answers, such as http://127.0.0.1:8080. Empty in a page of the importer's own. */
  readonly url: string
  /** Without: the cookie of a session, which a browser sends by itself. */
  readonly apiKey?: string
  /** Ends requests that are under way. */
  readonly signal?: AbortSignal
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>
}

export interface CallOptions {
  /** Ends this request. */
  readonly signal?: AbortSignal
  readonly headers?: Readonly<Record<string, string>>
}

type Body = NonNullable<RequestInit['body']>
type Arguments<Call> = object extends Call ? [call?: Call, options?: CallOptions] : [call: Call, options?: CallOptions]

/**
 * The native API as a program calls it: a function for every operation of the contract. All reject with a RequestError,
 * whose message is one line for the user.
 */
export type ClientOf<Table extends OperationTable> = {
  readonly [Name in keyof Table]: (...args: Arguments<CallTo<Table[Name]>>) => Promise<AnswerTo<Table[Name]>>
}
export type ImporterClient = ClientOf<typeof OPERATIONS>

/** Runs in Node and in browsers. */
export function createClient(options: ClientOptions): ImporterClient {
  return createClientOf(OPERATIONS, options)
}

/** A client of the operations in a table. */
export function createClientOf<Table extends OperationTable>(
  table: Table,
  { url, apiKey, signal, headers }: ClientOptions,
): ClientOf<Table> {
  const base = url.replace(/\/+$/, '')

  async function request(operation: Operation, call: AnyCall, options: CallOptions): Promise<unknown> {
    const signals = [signal, options.signal].filter((one) => one !== undefined)
    const init: RequestInit = {
      method: operation.method.toUpperCase(),
      headers: {
        ...(apiKey === undefined ? {} : { Authorization: `Bearer ${apiKey}` }),
        // A form says its own type, with its boundary.
        ...(operation.body === undefined || call['body'] instanceof FormData
          ? {}
          : { 'Content-Type': operation.body.contentType }),
        ...headers,
        ...options.headers,
      },
      ...(call['body'] === undefined ? {} : { body: writeBody(operation, call['body']) }),
      ...(signals.length === 0 ? {} : { signal: signals.length === 1 ? signals[0] : AbortSignal.any(signals) }),
    }
    let answer: Response
    try {
      answer = await fetch(`${base}${buildAddress(operation, call)}`, init)
    } catch (error) {
      for (const one of signals) one.throwIfAborted()
      throw describeUnreachable(base === '' ? 'the server' : base, error)
    }
    if (!answer.ok) throw await describeRefusal(`"${operation.summary}"`, answer)
    return readAnswer(base, operation, answer)
  }

  const entries = Object.entries(table).map(([name, operation]) => [
    name,
    async (call: AnyCall = {}, options: CallOptions = {}) => request(operation, call, options),
  ])
  return Object.fromEntries(entries) as ClientOf<Table>
}

function writeBody({ body }: Operation, value: unknown): Body {
  return body?.contentType === 'application/json' ? JSON.stringify(value) : (value as Body)
}

async function readAnswer(base: string, { success }: Operation, answer: Response): Promise<unknown> {
  const documented = success.find(({ status }) => status === answer.status)
  if (documented?.contentType !== undefined) return answer
  if (documented?.schema === undefined) return undefined
  return readJson(documented.schema, await answer.text(), answer.status, base)
}

/** An answer's JSON by its schema. What a later version of the server adds is left aside. */
export function readJson<Schema extends z.ZodType>(
  schema: Schema,
  text: string,
  status: number,
  base: string,
): z.output<Schema> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // No JSON is no answer of an importer.
    throw notAnImporter(base, status)
  }
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  if (parsed.error.issues.every(({ code }) => code === 'unrecognized_keys')) return value as z.output<Schema>
  throw notAnImporter(base, status, parsed.error)
}

function notAnImporter(base: string, status: number, cause?: unknown): RequestError {
  const server = base === '' ? 'the server' : base
  return new RequestError(`${server} answers as no importer does; expected the address of one`, status, { cause })
}
