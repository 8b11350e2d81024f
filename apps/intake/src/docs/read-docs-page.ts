import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'

import { packStaticFile, type StaticFile } from '../http/static-file.ts'

const OWN = new URL('page/', import.meta.url)
const SWAGGER_UI = path.dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))

const HTML = 'text/html; charset=utf-8'
const SCRIPT = 'text/javascript; charset=utf-8'
const STYLE = 'text/css; charset=utf-8'

const FILES: Readonly<Record<string, { file: string | URL; contentType: string }>> = {
  '/docs': { file: new URL('page.html', OWN), contentType: HTML },
  '/docs/page.js': { file: new URL('page.js', OWN), contentType: SCRIPT },
  '/docs/page.css': { file: new URL('page.css', OWN), contentType: STYLE },
  '/docs/swagger-ui-bundle.js': { file: path.join(SWAGGER_UI, 'swagger-ui-bundle.js'), contentType: SCRIPT },
  '/docs/swagger-ui.css': { file: path.join(SWAGGER_UI, 'swagger-ui.css'), contentType: STYLE },
}

/** The files of `/docs` by address. Each is read and packed when it is first asked for, and kept: 2.5 MB in all. */
export function createDocsPage(): Map<string, () => Promise<StaticFile>> {
  return new Map(
    Object.entries(FILES).map(([address, { file, contentType }]) => {
      let reading: Promise<StaticFile> | undefined
      const read = async (): Promise<StaticFile> =>
        packStaticFile(await readFile(file), { contentType, isImmutable: false })
      return [
        address,
        async () => {
          reading ??= read()
          return reading
        },
      ]
    }),
  )
}
