import { Router, type Request, type Response } from 'express'

import { ApiError, methodNotAllowed } from '../http/api-error.ts'
import { matchesEntityTag } from '../http/entity-tag.ts'
import { nameRoute } from '../http/track-requests.ts'
import { readPage, type PageFile } from './read-page.ts'

/** The addresses of the dashboard's views. All get the same page, which reads the address. */
const VIEWS = [
  '/',
  '/sign-in',
  '/imports',
  '/imports/new',
  '/imports/:importId',
  '/imports/:importId/rows/:rowNumber',
  '/profiles',
  '/profiles/:name',
  '/reference',
  '/redemptions',
  '/webhooks',
  '/keys',
]

/** Nothing of the page comes from elsewhere, nothing in it may run but its own files, and nobody may frame it. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

const YEAR_SECONDS = 31_536_000

/** The dashboard: static files, open to all, as they tell nothing of anybody. */
export function createDashboardRouter(): Router {
  const router = Router()
  const files = readPage()
  for (const address of VIEWS) serve(router, address, '/index.html', files?.get('/index.html'))
  for (const [address, file] of files ?? []) if (address !== '/index.html') serve(router, address, '/assets/*', file)
  return router
}

function serve(router: Router, address: string, route: string, file: PageFile | undefined): void {
  router
    .route(address)
    .all(nameRoute(address.startsWith('/assets/') ? route : address))
    .get((request, response) => {
      if (file === undefined) throw notBuilt()
      sendFile(request, response, file)
    })
    .all((request) => {
      throw methodNotAllowed(request.method, ['GET', 'HEAD'])
    })
}

function sendFile(request: Request, response: Response, file: PageFile): void {
  response.setHeader('Content-Security-Policy', POLICY)
  response.setHeader('Referrer-Policy', 'same-origin')
  response.setHeader('Cache-Control', file.isImmutable ? `public, max-age=${YEAR_SECONDS}, immutable` : 'no-cache')
  response.setHeader('ETag', file.entityTag)
  response.setHeader('Vary', 'Accept-Encoding')
  request.resume()
  if (matchesEntityTag(request.headers['if-none-match'], file.entityTag)) {
    response.statusCode = 304
    response.end()
    return
  }
  const isGzipTaken = request.acceptsEncodings('gzip') === 'gzip'
  const body = isGzipTaken ? file.gzipped : file.body
  response.setHeader('Content-Type', file.contentType)
  if (isGzipTaken) response.setHeader('Content-Encoding', 'gzip')
  response.setHeader('Content-Length', body.length)
  response.end(body)
}

function notBuilt(): ApiError {
  return new ApiError(503, [
    {
      code: 'DASHBOARD_NOT_BUILT',
      field: 'path',
      message: 'the dashboard has not been built; run node scripts/setup.mjs and start the intake app again',
    },
  ])
}
