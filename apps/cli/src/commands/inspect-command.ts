import { PROFILE_OPTIONS } from '@importer/contracts'
import type { Command } from 'commander'

import { inspectHead, type Inspection } from '../connection/inspect-head.ts'
import { openSource } from '../connection/open-source.ts'
import { addExamples, runCommand, type CommandContext, type Result } from '../framework/define-command.ts'
import { drawErrorTable } from '../framework/error-table.ts'
import { EXIT } from '../framework/exit-codes.ts'
import { quote } from '../framework/propose-command.ts'
import { readId } from '../framework/read-options.ts'
import type { Session } from '../framework/session.ts'
import { addUploadOptions, readUploadFields, type ColumnOptions } from './upload-fields.ts'

interface InspectOptions extends ColumnOptions {
  readonly series?: string
}

/** `inspect FILE`: how the importer would read a file, and the command that imports it. */
export function addInspectCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('inspect')
    .description('show how a file would be read, what is wrong with its first rows, and the command that imports it')
    .argument('<file>', 'a CSV or Excel file, or - for standard input')
    .option('--series <id>', 'the coupon series: its rows are looked up too', readId)
  addUploadOptions(command, ['profile', ...PROFILE_OPTIONS]).action(runCommand(context, inspectFile))
  addExamples(command, [['what is in it', 'redemptions inspect redemptions.csv --series 953234']])
}

async function inspectFile(session: Session, file: string, options: InspectOptions): Promise<Result> {
  const fields = readUploadFields(options as InspectOptions & Record<string, unknown>)
  const { terminal, signal } = session
  const source = await openSource(file, { terminal, signal })
  let found: Inspection
  try {
    found = await inspectHead(session, { source, fields, seriesId: options.series })
  } finally {
    await source.release()
  }
  return {
    json: found,
    text: show(session, found),
    exitCode: found.kind === null ? EXIT.trouble : EXIT.success,
    next: found.uploadHeaders === null ? [] : [proposeImport(file, found, fields, options.series)],
  }
}

function show(session: Session, found: Inspection): string {
  const columns = found.columns.map(({ position, name, suggestedKey, samples }) => [
    String(position),
    name ?? '',
    findKey(found, position) ?? (suggestedKey === null ? '?' : `${suggestedKey}?`),
    samples.slice(0, 3).join(' · '),
  ])
  const lines: string[] = []
  if (found.kind !== null) {
    lines.push(
      `${found.kind}, ${found.encoding ?? 'unknown encoding'}, delimiter ${JSON.stringify(found.delimiter)}, ${found.headerRow === true ? 'with' : 'without'} a header, dates as ${found.dateFormat ?? '?'}`,
      '',
      session.table(['column', 'name', 'read as', 'samples'], columns, { right: [0] }),
    )
  }
  const errors = found.rows.flatMap(({ rowNumber, line, errors: faults }) =>
    faults.map((fault) => ({ rowNumber, line, ...fault })),
  )
  if (errors.length > 0) lines.push('', `Of the first ${found.rows.length} rows:`, drawErrorTable(session, errors))
  if (found.problems.length > 0) {
    lines.push(
      '',
      session.table(
        ['problem', 'what'],
        found.problems.map(({ code, message }) => [code, message]),
      ),
    )
  }
  return lines.join('\n').trim()
}

function findKey({ uploadHeaders }: Inspection, position: number): string | null {
  return Object.entries(uploadHeaders ?? {}).find(([, place]) => place === position)?.[0] ?? null
}

/** What was found out, as options, behind what was given. */
function proposeImport(
  file: string,
  { uploadHeaders, customerIdentifier, couponIdentifier, dateFormat }: Inspection,
  fields: Readonly<Record<string, string>>,
  series: string | undefined,
): string {
  const known: Record<string, string> = {
    ...(customerIdentifier === null ? {} : { 'customer-identifier': customerIdentifier }),
    ...(couponIdentifier === null ? {} : { 'coupon-identifier': couponIdentifier }),
    'upload-headers': JSON.stringify(uploadHeaders),
    ...(dateFormat === null || dateFormat === 'epochMillis' ? {} : { 'date-format': dateFormat }),
    ...(fields['timeZone'] === undefined ? {} : { 'time-zone': fields['timeZone'] }),
    ...(fields['profile'] === undefined ? {} : { profile: fields['profile'] }),
  }
  const options = Object.entries(known).map(([name, value]) => `--${name} ${quote(value)}`)
  return `import ${quote(file)} --series ${series ?? 'ID'} ${options.join(' ')} --dry-run --wait`
}
