import { Router } from 'express'

import { ApiError } from '../http/api-error.ts'
import { mountRoute, reading } from '../http/mount-route.ts'
import { sendStaticFile, type StaticFile } from '../http/static-file.ts'
import { readPage } from './read-page.ts'

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

/** The dashboard: static files, open to all, as they reveal nothing of anybody. */
export function createDashboardRouter(): Router {
  const router = Router()
  const files = readPage()
  for (const address of VIEWS) serve(router, address, '/index.html', files?.get('/index.html'))
  for (const [address, file] of files ?? []) if (address !== '/index.html') serve(router, address, '/assets/*', file)
  return router
}

function serve(router: Router, address: string, route: string, file: StaticFile | undefined): void {
  mountRoute(router, {
    path: address,
    name: address.startsWith('/assets/') ? route : address,
    handlers: reading((request, response) => {
      if (file === undefined) throw notBuilt()
      sendStaticFile(request, response, file, POLICY)
    }),
  })
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
