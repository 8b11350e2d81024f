import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { StringDecoder } from 'node:string_decoder'

import { Option, type Command } from 'commander'

import {
  DOWNLOADS,
  openReport,
  saveReport,
  writeDownload,
  type ReportOutcome,
  type ReportRequest,
} from '../connection/save-report.ts'
import { addExamples, runCommand, type CommandContext, type Result } from '../framework/define-command.ts'
import { withoutDenied } from '../framework/exit-codes.ts'
import { readId } from '../framework/read-options.ts'
import type { Session } from '../framework/session.ts'

interface ReportOptions {
  readonly outcome: ReportOutcome
  readonly out?: string
  readonly raw?: true
  readonly for: 'program' | 'spreadsheet'
  readonly delimiter: string
}

/** A shell makes it hard to write a tab. */
const DELIMITERS: Readonly<Record<string, string>> = {
  comma: ',',
  ',': ',',
  semicolon: ';',
  ';': ';',
  tab: '\t',
  '\t': '\t',
}

/** `report ID`: the rows of one outcome as CSV, to a file or to our output. */
export function addReportCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('report')
    .description('fetch the rows of one outcome as CSV')
    .argument('<id>', "the import's id: its jobId", readId)
    .addOption(new Option('--outcome <outcome>', 'which rows').choices(Object.keys(DOWNLOADS)).default('rejected'))
    .option('--out <file>', 'where to write it; else it is printed')
    .option('--raw', 'leave cells as they are that a spreadsheet would run as a formula')
    .addOption(
      new Option(
        '--for <reader>',
        "spreadsheet: nothing that one would change when it opens or saves the file; an upload drops the ' again",
      )
        .choices(['program', 'spreadsheet'])
        .default('program'),
    )
    .addOption(
      new Option(
        '--delimiter <character>',
        'what stands between cells; where a comma is the decimal sign Excel wants ;',
      )
        .choices(Object.keys(DELIMITERS))
        .default(','),
    )
    .action(
      runCommand(context, async (session, id: string, options: ReportOptions) =>
        withoutDenied(async () => fetchReport(session, id, options)),
      ),
    )
  addExamples(command, [
    ['the rejected rows, to be put right and imported again', 'redemptions report 1 --out rejected.csv'],
    ['to be corrected in Excel', "redemptions report 1 --for spreadsheet --delimiter ';' --out rejected.csv"],
    ['the duplicates, on the screen', 'redemptions report 1 --outcome duplicates'],
  ])
}

async function fetchReport(session: Session, importId: string, options: ReportOptions): Promise<Result> {
  const { outcome, out, raw, for: reader, delimiter } = options
  const query = {
    ...(raw === true && { raw: 'true' }),
    ...(reader === 'spreadsheet' && { for: reader }),
    delimiter: DELIMITERS[delimiter] ?? ',',
  }
  const request = { importId, outcome, query }
  if (out === undefined) {
    await printReport(session, request)
    return { json: null }
  }
  const { bytes, file } = await saveReport(session, request, out)
  session.notify(`Written to ${file}`)
  return { json: { importId: Number(importId), outcome, file, bytes } }
}

async function printReport(session: Session, request: ReportRequest): Promise<void> {
  const { terminal, signal, options } = session
  const { body } = await openReport(session, request)
  const report = body === null ? Readable.from([]) : Readable.fromWeb(body)
  const print = { end: false, signal }
  await writeDownload(
    signal,
    terminal.stdout,
    (target) =>
      options.json === true ? pipeline(report, wrapInJson(request), target, print) : pipeline(report, target, print),
    // Of an output that cannot be written the exit code is made at the end of every command.
    () => undefined,
  )
}

/** `{"importId", "outcome", "csv"}`, made while the report is read: it may be larger than our memory. */
function wrapInJson({ importId, outcome }: ReportRequest) {
  return async function* wrap(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
    const decoder = new StringDecoder('utf8')
    const escape = (text: string): string => JSON.stringify(text).slice(1, -1)
    yield `{"importId":${importId},"outcome":"${outcome}","csv":"`
    for await (const chunk of chunks) yield escape(decoder.write(Buffer.from(chunk)))
    yield `${escape(decoder.end())}"}\n`
  }
}
