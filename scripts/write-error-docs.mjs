/** Writes docs/errors.md from the catalogue of errors. */
import { writeFile } from 'node:fs/promises'

import { renderErrorCatalogue } from '@importer/contracts'

await writeFile(new URL('../docs/errors.md', import.meta.url), renderErrorCatalogue())
