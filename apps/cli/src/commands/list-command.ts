import type { ImportView } from '@importer/client'
import { IMPORT_OUTCOMES, IMPORT_STATUSES, type ImportStatus } from '@importer/contracts'
import { Option, type Command } from 'commander'

import { addExamples, runCommand, type CommandContext, type Result } from '../framework/define-command.ts'
import { proposeNextPage } from '../framework/propose-command.ts'
import { readCount, readId } from '../framework/read-options.ts'
import type { Session } from '../framework/session.ts'
import { describeStatus, paintStatus } from '../framework/show-import.ts'

interface ListOptions {
  readonly series?: string
  readonly status?: ImportStatus
  readonly outcome?: (typeof IMPORT_OUTCOMES)[number]
  readonly createdFrom?: string
  readonly createdBefore?: string
  readonly search?: string
  readonly profile?: string
  readonly limit?: number
  readonly cursor?: string
}

/** `list`: imports, newest first. */
export function addListCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('list')
    .description('list imports, newest first')
    .option('--series <id>', 'only of this series', readId)
    .addOption(new Option('--status <status>', 'only those').choices(IMPORT_STATUSES))
    .addOption(new Option('--outcome <outcome>', 'only those').choices(IMPORT_OUTCOMES))
    .option('--created-from <time>', 'from this instant on, such as 2026-11-24T00:00:00Z')
    .option('--created-before <time>', 'before this instant')
    .option('-q, --search <text>', 'part of the file name, or an id')
    .option('--profile <name>', 'only what was uploaded with this profile')
    .option('--limit <number>', 'how many at most; by default 50', readCount)
    .option('--cursor <text>', 'the nextCursor of the page before')
    .action(runCommand(context, listImports))
  addExamples(command, [
    ['what went wrong', 'redemptions list --outcome partial --limit 10'],
    ['by file name', 'redemptions list --search redemptions'],
  ])
}

async function listImports(session: Session, requested: ListOptions): Promise<Result> {
  const { series, search, ...options } = requested
  const page = await (await session.api()).listImports({ ...options, seriesId: series, q: search })
  const first = page.items[0]
  return {
    json: page,
    text: page.items.length === 0 ? 'no imports' : tableOfImports(session, page.items),
    next: [
      ...(first === undefined ? [] : [`status ${first.id}`]),
      ...proposeNextPage('list', { ...requested }, page.nextCursor),
    ],
  }
}

export function tableOfImports(session: Session, imports: readonly ImportView[]): string {
  const rows = imports.map((view) => [
    String(view.id),
    describeStatus(view),
    view.status === 'processing' ? `${view.progress.percent.toFixed(0)} %` : '',
    String(view.counts.rows),
    String(view.counts.rejected),
    view.createdAt.replace(/\.\d+Z$/, 'Z'),
    String(view.seriesId),
    view.fileName,
  ])
  return session.table(['id', 'status', 'done', 'rows', 'rejected', 'created', 'series', 'file'], rows, {
    right: [0, 2, 3, 4],
    paint: (text, { row, column }) => {
      const view = imports[row]
      return column === 1 && view !== undefined ? paintStatus(session, view, text) : text
    },
  })
}
