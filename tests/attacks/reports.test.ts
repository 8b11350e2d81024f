import { expect } from 'vitest'

import { attack } from './attack.ts'
import type { Attacker } from './attacker.ts'
import { importRejected, SERVED_OR_REFUSED } from './importing.ts'

const HEADER = 'date,till,mobile,code'

/** What is bounded in rows and not in bytes, or in bytes and not in cells. */
const FILES: Readonly<Record<string, () => string>> = {
  '60 lines of 1.1 MiB': () => `${HEADER}\n${`${'x'.repeat(1.1 * 2 ** 20)}\n`.repeat(60)}`,
  '30 rows of a million empty cells': () => `${HEADER}\n${`x${','.repeat(1_000_000)}\n`.repeat(30)}`,
  '50,000 values of 300 characters': () =>
    `${HEADER}\n${Array.from({ length: 50_000 }, (_, n) => `1732500061000,${'x'.repeat(300)}${n},3,4\n`).join('')}`,
  'a header of a million names': () => `${HEADER}${','.repeat(1_000_000)}\n${'1,2,3,4\n'.repeat(1_000)}`,
}

const PATHS = ['errors.csv', 'errors.xlsx', 'errors?limit=1000', 'rows/5', 'rows?line=30', 'error-groups?by=value']

for (const [name, makeFile] of Object.entries(FILES)) {
  let imported: Promise<number> | undefined
  const importOnce = async (attacker: Attacker): Promise<number> => (imported ??= importRejected(attacker, makeFile()))

  attack(`all that reports why, of ${name}`, {
    prepare: importOnce,
    async run(attacker, importId, client, clients) {
      // One client alone asks for each of them.
      const paths = clients === 1 ? PATHS : [PATHS[client % PATHS.length] ?? '']
      for (const path of paths) {
        const { status, bytes } = await attacker.drain(`/v1/imports/${importId}/${path}`)
        expect(SERVED_OR_REFUSED, path).toContain(status)
        if (status === 200) expect(bytes, path).toBeGreaterThan(100)
        if (path.startsWith('errors?')) expect(bytes).toBeLessThan(8 * 2 ** 20)
      }
    },
  })

  attack(`retries of ${name}`, {
    clients: 60,
    prepare: importOnce,
    async run(attacker, importId) {
      const { status } = await attacker.drain(`/v1/imports/${importId}/retry-rejected`, { method: 'POST' })
      expect(SERVED_OR_REFUSED).toContain(status)
    },
  })
}

attack('60 reports at once', {
  clients: 60,
  prepare: async (attacker) => importRejected(attacker, `${HEADER}\n${'1,2,3,4\n'.repeat(10_000)}`),
  async run(attacker, importId) {
    const { status, bytes } = await attacker.drain(`/v1/imports/${importId}/errors.csv`)
    expect(SERVED_OR_REFUSED).toContain(status)
    if (status === 200) expect(bytes).toBeGreaterThan(1_000_000)
  },
})
