import {
  isProfileName,
  isStorableText,
  PROFILE_NAME_EXPECTED,
  REFERENCE_KINDS,
  showText,
  type Operation,
  type PathParameter,
} from '@importer/contracts'
import type { Database, OrganizationDatabases } from '@importer/db'
import type { Request, Response, Router } from 'express'
import type { z } from 'zod'

import type { Authenticate, Principal } from '../authentication/authenticate.ts'
import type { AdmitRequest } from '../http/admit-requests.ts'
import { mountRoute } from '../http/mount-route.ts'
import { ApiError } from '../http/api-error.ts'
import { readInt4 } from '../http/read-id.ts'
import { noteImport, noteKey } from '../http/track-requests.ts'
import { sendJson } from './answer.ts'
import { checkValue } from './check-value.ts'
import { readJsonBody } from './read-json-body.ts'

const JSON_TYPE = 'application/json'

type JsonBodyOf<Definition extends Operation> = Definition['body'] extends {
  readonly contentType: typeof JSON_TYPE
  readonly schema: infer Schema extends z.ZodType
}
  ? z.output<Schema>
  : undefined

/** What a handler gets: a request whose key, path, query and JSON body have been found good. */
export interface OperationCall<Definition extends Operation> {
  readonly request: Request
  readonly response: Response
  readonly principal: Principal
  /** As the organization of the key sees it, with the outcome of the import that the path names. */
  readonly database: Database
  readonly query: z.output<Definition['query']>
  /** Of an operation that takes JSON; another body is still to be read. */
  readonly body: JsonBodyOf<Definition>
  /** Those of the path, as they stand there. */
  readonly params: Readonly<Record<PathParameter<Definition['path']>, string>>
}

export interface MountedOperation {
  readonly operation: Operation
  readonly handle: Handle<Operation>
  readonly identify?: Identify<Operation> | undefined
}

/**
 * Gives what is answered as JSON, with the first status that the contract names. Nothing: that status is 204, or the
 * operation has answered by itself.
 */
type Handle<Definition extends Operation> = (call: OperationCall<Definition>) => Promise<object | void>

/** Finds the principal of a request whose key may be elsewhere than in the head. Throws 401. */
type Identify<Definition extends Operation> = (
  call: Pick<OperationCall<Definition>, 'request' | 'body'>,
) => Promise<Principal>

/** Ties an operation of the contract to what carries it out. */
export function defineOperation<Definition extends Operation>(
  operation: Definition,
  handle: Handle<Definition>,
  identify?: Identify<Definition>,
): MountedOperation {
  return { operation, handle, identify }
}

/** What every operation is mounted with. */
interface Mounting {
  readonly admit: AdmitRequest
  readonly authenticate: Authenticate
  readonly databases: OrganizationDatabases
}

/**
 * Mounts operations with what the contract says of them: path, method, role, query and JSON body. Other methods are 405.
 * A path is tried before those that come later in the list.
 */
export function mountOperations(router: Router, mounting: Mounting, operations: readonly MountedOperation[]): void {
  for (const path of new Set(operations.map(({ operation }) => operation.path))) {
    const mounted = operations.filter(({ operation }) => operation.path === path)
    const handlers = mounted.map(
      (each) =>
        [
          each.operation.method.toUpperCase(),
          async (request: Request, response: Response) => carryOut(each, mounting, request, response),
        ] as const,
    )
    mountRoute(router, { path: toPattern(path), name: path, admit: mounting.admit, handlers: new Map(handlers) })
  }
}

async function carryOut(
  { operation, handle, identify }: MountedOperation,
  { authenticate, databases }: Mounting,
  request: Request,
  response: Response,
): Promise<void> {
  const early = identify === undefined ? undefined : await readBody(operation, request, response)
  const principal = await (identify?.({ request, body: early }) ?? authenticate(request.headers, operation.role))
  noteKey(response, principal)
  // A wildcard alone would give a list, and no path of the contract has one.
  const params = request.params as Record<string, string>
  for (const [name, text] of Object.entries(params)) requirePathParameter(name, text)
  const importId = readInt4(params['importId'] ?? '')
  if (importId !== null) noteImport(response, importId)
  const query = checkValue(operation.query, request.query, 'query')
  const body = early ?? (await readBody(operation, request, response))
  const answer = await handle({
    request,
    response,
    principal,
    // Made when it is asked for: a poll is answered from memory.
    get database() {
      return databases.forOrganization(principal.orgId, importId ?? undefined)
    },
    query,
    body,
    params,
  })
  const status = operation.success[0]?.status ?? 200
  if (answer !== undefined) await sendJson(request, response, status, answer)
  else if (status === 204) response.status(204).end()
}

async function readBody({ body }: Operation, request: Request, response: Response): Promise<undefined> {
  if (body?.contentType !== JSON_TYPE) return undefined
  // Its type is known to the operation alone.
  return checkValue(body.schema, await readJsonBody(request, response), 'body') as undefined
}

function toPattern(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1')
}

/**
 * Gives a parameter of a native path as the client sent it. `kind` is one of REFERENCE_KINDS, `name` a name that a profile can have,
 * every other a whole number of any size: the operation answers 404 for a number that no id has.
 *
 * @throws ApiError 400 when the text is none of these
 */
function requirePathParameter(name: string, text: string): string {
  const { isGood, expected } = checkParameter(name, text)
  if (isGood) return text
  const message = `${name} is "${showText(text)}"; ${expected}`
  throw new ApiError(400, [{ code: 'INVALID_VALUE', field: name, message }])
}

function checkParameter(name: string, text: string): { readonly isGood: boolean; readonly expected: string } {
  if (name === 'kind') {
    return { isGood: REFERENCE_KINDS.some((kind) => kind === text), expected: `expected ${REFERENCE_KINDS.join(', ')}` }
  }
  if (name === 'name') return { isGood: isProfileName(text) && isStorableText(text), expected: PROFILE_NAME_EXPECTED }
  return { isGood: /^\d+$/.test(text), expected: 'expected a whole number' }
}
