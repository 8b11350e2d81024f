import type { ImportView } from '@importer/client'
import { createTransferDisplay } from '@importer/client/terminal'
import type { Command } from 'commander'

import { mapByHeader } from '../connection/inspect-head.ts'
import { openSource } from '../connection/open-source.ts'
import { chooseIdempotencyKey, uploadImport, type UploadedImport } from '../connection/upload-import.ts'
import { CliError } from '../framework/cli-error.ts'
import { addExamples, runCommand, type CommandContext, type Result } from '../framework/define-command.ts'
import { EXIT, exitCodeOf, worstOf, type ExitCode } from '../framework/exit-codes.ts'
import { followImport, readWait } from '../framework/follow-import.ts'
import { readCount, readDuration, readId } from '../framework/read-options.ts'
import type { Session } from '../framework/session.ts'
import { proposeCommands, showImport } from '../framework/show-import.ts'
import { saveReport } from '../connection/save-report.ts'
import { addUploadOptions, readUploadFields, type ColumnOptions } from './upload-fields.ts'

interface ImportOptions extends ColumnOptions {
  readonly series?: string
  readonly profile?: string
  readonly wait?: true | number
  readonly errors?: string
  readonly mapByHeader?: true
  readonly fileName?: string
  readonly idempotencyKey?: string
  readonly retries: number
}

interface Imported {
  readonly view: ImportView
  readonly isRepeated: boolean
}

const DEFAULT_RETRIES = 8

/** `import FILE…`: by the native API, streamed, and safe to be called again. */
export function addImportCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('import')
    .description('upload files of redeemed coupons, each as an import of its own; - is standard input')
    .argument('<file...>', 'CSV or Excel files, or -')
    .option('--series <id>', "the coupon series; by default the profile's", readId)
    .option('--wait [duration]', "wait for the end, for at most so long; the exit code is the outcome's", readDuration)
    .option('--errors <file>', 'write the rejected rows to a file, once the import has ended (implies --wait)')
  addUploadOptions(command)
    .option('--map-by-header', "find the columns by the names in the file's header")
    .option('--file-name <name>', 'as the importer is to know the file; by default its own name, or stdin.csv')
    .option('--idempotency-key <key>', 'by default one made of file and options: the same call twice is one import')
    .option('--retries <number>', 'how often a cut or refused upload is tried again', readCount, DEFAULT_RETRIES)
    .action(runCommand(context, importFiles))
  addExamples(command, [
    [
      'upload, wait, and keep the rows that were rejected',
      `redemptions import redemptions.csv --series 953234 --customer mobile=Mobile --coupon code=Coupon \\
    --column date="Redeemed on" --column till=Till --wait --errors rejected.csv`,
    ],
    [
      'find the columns by their names',
      'redemptions import redemptions.csv --series 953234 --map-by-header --idempotency-key by-header --wait',
    ],
    [
      'check a file, nothing is inserted; columns by position from 0',
      `redemptions import redemptions.csv --series 953234 --customer mobile=2 --coupon code=3 \\
    --column date=0 --column till=1 --dry-run --wait 30m`,
    ],
    [
      'what another program writes',
      `zcat redemptions.csv.gz | redemptions import - --series 953234 --customer mobile=2 --coupon code=3 \\
    --column date=0 --column till=1 --file-name tuesday.csv`,
    ],
  ])
}

async function importFiles(session: Session, files: readonly string[], options: ImportOptions): Promise<Result> {
  if (files.length > 1 && (options.errors !== undefined || options.idempotencyKey !== undefined)) {
    throw new CliError('--errors and --idempotency-key are for one file; expected one, or a call for each')
  }
  if (files.filter((file) => file === '-').length > 1) throw new CliError('- stands twice; standard input is one file')
  const fields = readUploadFields(options as ImportOptions & Record<string, unknown>)
  if (fields['uploadHeaders'] === undefined && options.profile === undefined && options.mapByHeader !== true) {
    const [first = ''] = files
    const inspect = first === '-' ? '' : `: ${session.nameCommand(`inspect ${first}`)} proposes them`
    throw new CliError(
      `import needs to know the columns; expected --customer, --coupon and --column, or --map-by-header, or --profile NAME${inspect}`,
    )
  }
  const imports: Imported[] = []
  // One after the other: the importer does the rest side by side.
  const series = options.series ?? (await readSeries(session, options.profile))
  for (const file of files) imports.push(await uploadFile(session, file, fields, { ...options, series }))
  const waits = readWait(options.wait ?? (options.errors === undefined ? undefined : true))
  if (waits !== null) {
    for (const [index, { view, isRepeated }] of imports.entries()) {
      imports[index] = { view: await followImport(session, view.id, waits), isRepeated }
    }
  }
  if (options.errors !== undefined && imports[0] !== undefined)
    await writeErrors(session, imports[0].view, options.errors)
  return describe(session, imports, waits !== null)
}

/** The series that files of this kind belong to. */
async function readSeries(session: Session, name: string | undefined): Promise<string> {
  if (name === undefined) throw new CliError('import needs a series; expected --series ID, or --profile NAME with one')
  const { seriesId } = await (await session.api()).showImportProfile({ name })
  if (seriesId === undefined) throw new CliError(`the profile ${name} names no series; expected --series ID`)
  return String(seriesId)
}

async function uploadFile(
  session: Session,
  file: string,
  fields: Readonly<Record<string, string>>,
  { series, mapByHeader: isByHeader, fileName, idempotencyKey, retries }: ImportOptions & { readonly series: string },
): Promise<Imported> {
  const { terminal, signal, notify } = session
  const server = await session.connect()
  const source = await openSource(file, { terminal, signal, name: fileName })
  const display = session.options.quiet === true ? null : createTransferDisplay(terminal.stderr, source.bytes)
  try {
    const mapped = isByHeader === true ? await mapByHeader(session, { source, fields, seriesId: undefined }) : fields
    const upload = { seriesId: series, fields: mapped, source }
    const uploaded = await uploadImport(
      server,
      { ...upload, idempotencyKey: idempotencyKey ?? chooseIdempotencyKey(upload) },
      { signal, notify, retries, onProgress: (bytes) => display?.update(bytes) },
    )
    display?.stop()
    return await describeUpload(session, source.name, uploaded)
  } finally {
    display?.stop()
    await source.release()
  }
}

async function describeUpload(session: Session, name: string, { view, isRepeated }: UploadedImport): Promise<Imported> {
  if (!isRepeated) {
    session.notify(`Uploaded ${name} as import ${view.id}`)
    return { view, isRepeated }
  }
  session.notify(
    `${name} was uploaded with these options within the last day: it is import ${view.id}. --idempotency-key with a text of yours makes another import`,
  )
  return { view: await (await session.api()).showImport({ importId: view.id }), isRepeated }
}

async function writeErrors(session: Session, view: ImportView, file: string): Promise<void> {
  // A file that could not be read at all has no report.
  if (view.counts.rows === 0) {
    session.notify(`Import ${view.id} has no rows, so ${file} is not written`)
    return
  }
  const { bytes } = await saveReport(session, { importId: view.id, outcome: 'rejected' }, file)
  session.notify(`${view.counts.rejected} rejected rows (${bytes} bytes) written to ${file}`)
}

function describe(session: Session, imports: readonly Imported[], hasWaited: boolean): Result {
  const [first] = imports
  const codes = imports.map(({ view }): ExitCode => (hasWaited ? exitCodeOf(view) : EXIT.success))
  const views = imports.map(({ view, isRepeated }) => ({ ...view, replayed: isRepeated }))
  const isBrief = session.options.quiet === true && !hasWaited
  return {
    json: views.length === 1 && views[0] !== undefined ? views[0] : { imports: views },
    // For scripts that keep the id.
    text: imports
      .map(({ view }) => (isBrief ? String(view.id) : hasWaited ? showImport(session, view) : `import ${view.id}`))
      .join(hasWaited ? '\n\n' : '\n'),
    exitCode: worstOf(codes),
    next: first === undefined ? [] : proposeCommands(first.view),
  }
}
