import type { Operation, PathParameter } from '@importer/contracts'
import type { Database, OrganizationDatabases } from '@importer/db'
import type { Request, Response, Router } from 'express'
import type { z } from 'zod'

import type { Authenticate, Principal } from '../authentication/authenticate.ts'
import { methodNotAllowed } from '../http/api-error.ts'
import { requirePathParameter } from '../http/path-parameter.ts'
import { readInt4 } from '../http/read-id.ts'
import { nameRoute, noteImport, noteKey } from '../http/track-requests.ts'
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
  /** As the organization that asks sees it, with the outcome of the import that the path names. */
  readonly database: Database
  readonly query: z.output<Definition['query']>
  /** Of an operation that takes JSON; another body is still to be read. */
  readonly body: JsonBodyOf<Definition>
  /** The path's parameter of that name. */
  readonly param: (name: PathParameter<Definition['path']>) => string
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

/** Who asks, where the key may be elsewhere than in the head. Throws 401. */
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

/**
 * Mounts operations with what the contract says of them: path, method, role, query and JSON body. Other methods are 405.
 * A path is tried before those that come later in the list.
 */
export function mountOperations(
  router: Router,
  authenticate: Authenticate,
  databases: OrganizationDatabases,
  operations: readonly MountedOperation[],
): void {
  for (const path of new Set(operations.map(({ operation }) => operation.path))) {
    const mounted = operations.filter(({ operation }) => operation.path === path)
    const route = router.route(toPattern(path)).all(nameRoute(path))
    for (const { operation, handle, identify } of mounted) {
      route[operation.method](async (request, response) => {
        const early = identify === undefined ? undefined : await readBody(operation, request, response)
        const principal = await (identify?.({ request, body: early }) ?? authenticate(request.headers, operation.role))
        noteKey(response, principal)
        const params = new Map(
          Object.entries(request.params).map(([name, value]) => [name, requirePathParameter(name, String(value))]),
        )
        const importId = readInt4(params.get('importId') ?? '')
        if (importId !== null) noteImport(response, importId)
        const query = checkValue(operation.query, request.query, 'query')
        const body = early ?? (await readBody(operation, request, response))
        const param = (name: string): string => params.get(name) ?? ''
        const database = databases.forOrganization(principal.orgId, importId ?? undefined)
        const answer = await handle({ request, response, principal, database, query, body, param })
        const status = operation.success[0]?.status ?? 200
        if (answer !== undefined) await sendJson(request, response, status, answer)
        else if (status === 204) response.status(204).end()
      })
    }
    const allowed = mounted.flatMap(({ operation: { method } }) =>
      method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()],
    )
    route.all((request) => {
      throw methodNotAllowed(request.method, allowed)
    })
  }
}

async function readBody({ body }: Operation, request: Request, response: Response): Promise<undefined> {
  if (body?.contentType !== JSON_TYPE) return undefined
  // Its type is known to the operation alone.
  return checkValue(body.schema, await readJsonBody(request, response), 'body') as undefined
}

function toPattern(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1')
}
