import { Router } from 'express'

import { readBaseUrl } from '../http/base-url.ts'
import { mountRoute, reading } from '../http/mount-route.ts'
import { sendAnswer } from '../http/send-answer.ts'
import { sendStaticFile } from '../http/static-file.ts'
import { createDocsPage } from './read-docs-page.ts'
import { createDocumentWriter } from './write-document.ts'

/**
 * Nothing of the page comes from elsewhere, and nothing may; no script and no style stands in the page itself. Swagger UI
 * draws its signs from `data:` images in its style sheet.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Serves `/openapi.json` and `/docs` (Swagger UI, from local files) without authentication: neither holds data of anybody. */
export function createDocsRouter({ publicUrl }: { readonly publicUrl: string | undefined }): Router {
  const router = Router()
  const writeDocument = createDocumentWriter()
  mountRoute(router, {
    path: '/openapi.json',
    handlers: reading(async (request, response) => {
      const body = writeDocument(readBaseUrl(request, publicUrl))
      response.setHeader('Cache-Control', 'no-cache')
      await sendAnswer(request, response, { status: 200, contentType: 'application/json; charset=utf-8', body })
    }),
  })
  for (const [address, read] of createDocsPage()) {
    mountRoute(router, {
      path: address,
      handlers: reading(async (request, response) => sendStaticFile(request, response, await read(), POLICY)),
    })
  }
  return router
}
