import path from 'node:path'

import { REFERENCE_KINDS, toPlainText, type ReferenceKind } from '@importer/contracts'
import { openFile } from '@importer/client/terminal'
import type { Command } from 'commander'

import { addExamples, runCommand, type CommandContext, type Result } from '../framework/define-command.ts'
import { EXIT } from '../framework/exit-codes.ts'
import { readId, readKind } from '../framework/read-options.ts'
import type { Session } from '../framework/session.ts'

/** `reference put`, `reference get`: what imports are resolved against. */
export function addReferenceCommand(program: Command, context: CommandContext): void {
  const reference = program.command('reference').description('series, coupons, customers and tills')
  const put = reference
    .command('put')
    .description('add or change reference data from a CSV file with named columns')
    .argument('<kind>', REFERENCE_KINDS.join(', '), readKind)
    .argument('<file>', 'a CSV file')
    .action(
      runCommand(context, async (session, kind: ReferenceKind, file: string) => {
        const body = await openFile(path.resolve(session.terminal.env.callerFolder, file))
        const result = await (await session.api()).loadReference({ kind, body })
        const { received, inserted, updated, rejected, errors } = result
        for (const { line, code, message } of errors) session.notify(`line ${line}: ${code}: ${message}`)
        if (rejected > errors.length) session.notify(`… and ${rejected - errors.length} more`)
        return {
          json: result,
          text: `${received} ${kind}: ${inserted} inserted, ${updated} updated, ${rejected} rejected`,
          exitCode: rejected === 0 ? EXIT.success : EXIT.partial,
        }
      }),
    )
  addExamples(put, [
    ['the series', 'redemptions reference put series series.csv'],
    ['the tills', 'redemptions reference put tills tills.csv'],
  ])

  const get = reference
    .command('get')
    .description('how many there are, or one of them')
    .argument('<kind>', REFERENCE_KINDS.join(', '), readKind)
    .argument('[id]', 'the id of one', readId)
    .action(
      runCommand(context, async (session, kind: ReferenceKind, id: string | undefined) =>
        id === undefined ? countItems(session, kind) : showItem(session, kind, id),
      ),
    )
  addExamples(get, [
    ['how many tills are known', 'redemptions reference get tills'],
    ['one coupon', 'redemptions reference get coupons 71001'],
  ])
}

async function countItems(session: Session, kind: ReferenceKind): Promise<Result> {
  const counted = await (await session.api()).countReference({ kind })
  return { json: counted, text: `${counted.count} ${kind}` }
}

async function showItem(session: Session, kind: ReferenceKind, id: string): Promise<Result> {
  const item = await (await session.api()).showReference({ kind, id })
  return { json: item, text: showFields(item) }
}

/** An object of values, a line each. */
export function showFields(fields: object): string {
  const entries = Object.entries(fields)
  const width = Math.max(...entries.map(([name]) => name.length))
  return entries.map(([name, value]) => `${name.padEnd(width)}  ${toPlainText(showValue(value))}`.trimEnd()).join('\n')
}

function showValue(value: unknown): string {
  if (value === null || value === undefined) return '-'
  return typeof value === 'string' ? value : JSON.stringify(value)
}
