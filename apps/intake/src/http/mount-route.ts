import type { Request, RequestHandler, Response, Router } from 'express'

import { methodNotAllowed } from './api-error.ts'
import type { AdmitRequest } from './admit-requests.ts'
import { requireSoundHead } from './require-sound-head.ts'
import { noteRoute } from './track-requests.ts'

type Handle<Params> = (request: Request<Params>, response: Response) => void | Promise<void>

interface Route<Params> {
  readonly path: string
  /** Under which its requests are counted and logged, where that is not the path. */
  readonly name?: string
  /** Refuses requests before a handler runs, those of a method that the path does not have, too. */
  readonly admit?: AdmitRequest
  /** By method in capitals. What answers GET answers HEAD; other methods are 405. */
  readonly handlers: ReadonlyMap<string, Handle<Params>>
}

/** Serves a path by one handler for all methods: Express takes long to pass a request from one handler to the next. */
export function mountRoute<Params = Request['params']>(router: Router, route: Route<Params>): void {
  const { path, name = path, admit, handlers } = route
  const allowed = [...handlers.keys()].flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
  const serve = async (request: Request<Params>, response: Response): Promise<void> => {
    noteRoute(response, name)
    requireSoundHead(request)
    await admit?.(request, response)
    const handle = handlers.get(request.method === 'HEAD' ? 'GET' : request.method)
    if (handle === undefined) throw methodNotAllowed(request.method, allowed)
    await handle(request, response)
  }
  router.all(path, serve as unknown as RequestHandler)
}

/** Of a path that can only be read. */
export function reading<Params = Request['params']>(handle: Handle<Params>): ReadonlyMap<string, Handle<Params>> {
  return new Map([['GET', handle]])
}
