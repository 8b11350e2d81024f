import { readFileSync } from 'node:fs'

import { Router } from 'express'

import { methodNotAllowed } from '../http/api-error.ts'
import { readBaseUrl } from '../http/base-url.ts'
import { sendAnswer } from '../http/send-answer.ts'
import { nameRoute } from '../http/track-requests.ts'
import { createDocumentWriter } from './write-document.ts'

const PAGE_FILES = {
  '/docs': { file: 'page.html', contentType: 'text/html; charset=utf-8' },
  '/docs/page.js': { file: 'page.js', contentType: 'text/javascript; charset=utf-8' },
  '/docs/page.css': { file: 'page.css', contentType: 'text/css; charset=utf-8' },
} as const

/** Nothing of the page comes from elsewhere, and nothing may. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"

/** `/openapi.json`, and `/docs`: a page of our own that shows it, without the internet. Open to all, as they tell nothing of anybody. */
export function createDocsRouter({ publicUrl }: { readonly publicUrl: string | undefined }): Router {
  const router = Router()
  const writeDocument = createDocumentWriter()
  router
    .route('/openapi.json')
    .all(nameRoute('/openapi.json'))
    .get(async (request, response) => {
      const body = writeDocument(readBaseUrl(request, publicUrl))
      response.setHeader('Cache-Control', 'no-cache')
      await sendAnswer(request, response, { status: 200, contentType: 'application/json; charset=utf-8', body })
    })
    .all((request) => {
      throw methodNotAllowed(request.method, ['GET', 'HEAD'])
    })
  for (const [path, { file, contentType }] of Object.entries(PAGE_FILES)) {
    const body = readFileSync(new URL(`page/${file}`, import.meta.url), 'utf8')
    router
      .route(path)
      .all(nameRoute(path))
      .get(async (request, response) => {
        response.setHeader('Content-Security-Policy', POLICY)
        response.setHeader('Cache-Control', 'no-cache')
        await sendAnswer(request, response, { status: 200, contentType, body })
      })
      .all((request) => {
        throw methodNotAllowed(request.method, ['GET', 'HEAD'])
      })
  }
  return router
}
