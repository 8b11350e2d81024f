import type { Operation } from '@importer/contracts'
import type { Request, Response, Router } from 'express'
import type { z } from 'zod'

import type { Authenticate, Principal } from '../authentication/authenticate.ts'
import { methodNotAllowed } from '../http/api-error.ts'
import { requirePathParameter } from '../http/path-parameter.ts'
import { nameRoute } from '../http/track-requests.ts'
import { readQuery } from './read-query.ts'

/** What a handler gets: a request whose key, path and query have been found good. */
export interface OperationCall<Query> {
  readonly request: Request
  readonly response: Response
  readonly principal: Principal
  readonly query: Query
  /** The path's parameter of that name. */
  readonly param: (name: string) => string
}

export interface MountedOperation<Definition extends Operation> {
  readonly operation: Definition
  readonly handle: (call: OperationCall<z.output<Definition['query']>>) => Promise<void>
  /** Who asks, where the key may be elsewhere than in the head; throws 401. */
  readonly identify?: (request: Request, response: Response) => Promise<Principal>
}

/** Ties an operation of the contract to what carries it out. */
export function defineOperation<Definition extends Operation>(
  operation: Definition,
  handle: MountedOperation<Definition>['handle'],
  identify?: MountedOperation<Definition>['identify'],
): MountedOperation<Operation> {
  return {
    operation,
    handle: handle as MountedOperation<Operation>['handle'],
    ...(identify === undefined ? {} : { identify }),
  }
}

/** Mounts operations with what the contract says of them: path, method, role and query. Other methods are 405. */
export function mountOperations(
  router: Router,
  authenticate: Authenticate,
  operations: readonly MountedOperation<Operation>[],
): void {
  for (const { operation, handle, identify } of operations) {
    router[operation.method](toPattern(operation.path), nameRoute(operation.path), async (request, response) => {
      const principal = await (identify?.(request, response) ?? authenticate(request.headers, operation.role))
      const params = new Map(
        Object.entries(request.params).map(([name, value]) => [name, requirePathParameter(name, String(value))]),
      )
      const query = readQuery(operation.query, request.query)
      const param = (name: string): string => params.get(name) ?? ''
      await handle({ request, response, principal, query, param })
    })
  }
  for (const path of new Set(operations.map(({ operation }) => operation.path))) {
    const methods = operations
      .filter(({ operation }) => operation.path === path)
      .map(({ operation }) => operation.method)
    const allowed = methods.flatMap((method) => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()]))
    router.all(toPattern(path), nameRoute(path), (request) => {
      throw methodNotAllowed(request.method, allowed)
    })
  }
}

function toPattern(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1')
}
