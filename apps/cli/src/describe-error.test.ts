import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'

import { expect, test } from 'vitest'

import { runCli } from './run-cli.ts'

test.each([
  ['profiles', 'a command is missing; expected put, list, get or delete of redemptions profiles --help'],
  ['webhooks foo', /^unknown command 'foo'; expected list, .* of redemptions webhooks --help$/],
  ['', 'a command is missing; expected import, inspect, status, list or another of redemptions --help'],
  ['improt x.csv', /^unknown command 'improt' \(Did you mean import\?\); expected import, .* redemptions --help$/],
  ['import', "missing required argument 'file'; redemptions import --help shows what is expected"],
  ['list --bogus', "unknown option '--bogus'; redemptions list --help shows what is expected"],
  ['results 1', "required option '--dir <folder>' not specified; redemptions results --help shows what is expected"],
  ['reference put tills', "missing required argument 'file'; redemptions reference put --help shows what is expected"],
  ['status abc', "id is 'abc'; expected a whole number"],
  ['list --limit x', "--limit is 'x'; expected a whole number"],
  ['list --status odd', /^--status is 'odd'; expected one of queued, processing, .*, reverted$/],
  ['retry 1 --code INVALID', "--code is 'INVALID'; there is no such code; did you mean INVALID_DATE?"],
])('redemptions %s', async (line, expected) => {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()]
  const written = text(stderr)
  const args = line === '' ? [] : line.split(' ')
  const { signal } = new AbortController()
  expect(await runCli({ args, env: {}, stdin, stdout, stderr, signal })).toBe(2)
  stderr.end()
  const message = (await written).replace(/^redemptions: /, '').trimEnd()
  if (typeof expected === 'string') expect(message).toBe(expected)
  else expect(message).toMatch(expected)
})
