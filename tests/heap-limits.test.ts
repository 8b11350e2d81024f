import { readFileSync } from 'node:fs'
import path from 'node:path'

import { expect, it } from 'vitest'

const ROOT = path.resolve(import.meta.dirname, '..')

/** Each way to start a program, and how its command stands there. */
const PLACES = {
  'package.json': (program: string) => new RegExp(`"start:${program}": "exec node (.*?) ?scripts/run.mjs`),
  'packages/local-system/src/start-system.ts': (program: string) => new RegExp(`${program}: \\{ nodeArgs: \\[(.*?)\\]`),
  Dockerfile: (program: string) => new RegExp(`# +node (.*?) --import tsx apps/${program}/`),
} as const

/** However a program is started, its heap is bounded: 250 MiB and 400 MiB are promised of the processes as a whole. */
it.each([
  ['intake', ['--max-old-space-size=104', '--max-semi-space-size=4']],
  ['worker', ['--max-old-space-size=256']],
])('every way to start the %s bounds its heap alike', (program, limits) => {
  const found = Object.entries(PLACES).map(([file, pattern]) => {
    const command = pattern(program).exec(readFileSync(path.join(ROOT, file), 'utf8'))?.[1] ?? ''
    return [file, command.match(/--max-[a-z-]+=\d+/g) ?? []]
  })
  expect(found).toEqual(Object.keys(PLACES).map((file) => [file, limits]))
})

it('the image and the compose file start them so', () => {
  expect(readFileSync(path.join(ROOT, 'Dockerfile'), 'utf8')).toContain(
    'CMD ["node", "--max-old-space-size=104", "--max-semi-space-size=4", "--import", "tsx", "apps/intake/src/main.ts"]',
  )
  expect(readFileSync(path.join(ROOT, 'docker-compose.yml'), 'utf8')).toContain(
    'command: [node, --max-old-space-size=256, --import, tsx, apps/worker/src/main.ts]',
  )
})
