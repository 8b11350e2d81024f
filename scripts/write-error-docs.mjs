/** Writes docs/errors.md from the catalogue of errors, and into docs/api.md the codes of refused requests. */
import { readFile, writeFile } from 'node:fs/promises'

import { renderErrorCatalogue, renderFaultTable } from '@importer/contracts'

const INTERFACE = new URL('../docs/api.md', import.meta.url)
const TABLE = /(?<=<!-- codes of refused requests -->\n).*?(?=\n<!-- end -->)/s

await writeFile(new URL('../docs/errors.md', import.meta.url), renderErrorCatalogue())
await writeFile(INTERFACE, (await readFile(INTERFACE, 'utf8')).replace(TABLE, renderFaultTable))
