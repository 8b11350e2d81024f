import type { Command } from 'commander'

import { addExamples, runCommand, type CommandContext } from '../framework/define-command.ts'
import { proposeNextPage } from '../framework/propose-command.ts'
import { readCount, readId } from '../framework/read-options.ts'

interface AuditOptions {
  readonly import?: string
  readonly limit?: number
  readonly cursor?: string
}

/** `audit`: what happened to keys, endpoints, profiles and reference data; with `--import` to one import. */
export function addAuditCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('audit')
    .description('what happened to keys, endpoints, profiles and reference data, or to one import, and who did it')
    .option('--import <id>', 'the timeline of this import', readId)
    .option('--limit <number>', 'how many at most; by default 50', readCount)
    .option('--cursor <text>', 'the nextCursor of the page before')
    .action(
      runCommand(context, async (session, { import: importId, ...page }: AuditOptions) => {
        const api = await session.api()
        const events =
          importId === undefined ? await api.listAuditEvents(page) : await api.listTimeline({ importId, ...page })
        const rows = events.items.map(({ at, kind, actor, detail }) => [
          at,
          kind,
          `${actor.type} ${actor.name}`,
          JSON.stringify(detail),
        ])
        return {
          json: events,
          text: rows.length === 0 ? 'no events' : session.table(['at', 'what', 'who', 'detail'], rows),
          next: proposeNextPage('audit', { import: importId, ...page }, events.nextCursor),
        }
      }),
    )
  addExamples(command, [
    ['the organization', 'redemptions audit --limit 20'],
    ['one import', 'redemptions audit --import 1'],
  ])
}
