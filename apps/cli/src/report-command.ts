import { createWriteStream } from 'node:fs'
import path from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

import { describeUnreachable, type ImporterClient } from '@importer/client'
import { Option, type Command } from 'commander'

import { CliError } from './cli-error.ts'
import { connect, type ConnectOptions } from './connect.ts'
import { readId } from './read-options.ts'
import { tell, type Terminal } from './terminal.ts'

const OPERATIONS = {
  rejected: 'downloadErrors',
  inserted: 'downloadInserted',
  duplicates: 'downloadDuplicates',
} as const satisfies Record<string, keyof ImporterClient>

interface ReportOptions extends ConnectOptions {
  readonly outcome: keyof typeof OPERATIONS
  readonly out?: string
  readonly raw?: true
  readonly for: 'program' | 'spreadsheet'
  readonly delimiter: string
}

/** A shell makes it hard to write a tab. */
const DELIMITERS: Readonly<Record<string, ',' | ';' | '\t'>> = {
  comma: ',',
  ',': ',',
  semicolon: ';',
  ';': ';',
  tab: '\t',
  '\t': '\t',
}

/** `report ID`: the rows of one outcome as CSV, to a file or to our output. */
export function addReportCommand(program: Command, terminal: Terminal): void {
  program
    .command('report')
    .description('fetch the rows of one outcome as CSV')
    .argument('<id>', "the import's id: its jobId", readId)
    .addOption(new Option('--outcome <outcome>', 'which rows').choices(Object.keys(OPERATIONS)).default('rejected'))
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
    .action(async (id: string, { outcome, out, raw, for: reader, delimiter }: ReportOptions, command: Command) => {
      const client = await connect(terminal, command.optsWithGlobals())
      const { body } = await client[OPERATIONS[outcome]]({
        importId: id,
        ...(raw === true && { raw: 'true' }),
        ...(reader === 'spreadsheet' && { for: reader }),
        delimiter: DELIMITERS[delimiter] ?? ',',
      })
      const report = body === null ? Readable.from([]) : Readable.fromWeb(body)
      if (out === undefined) {
        await pipeline(report, terminal.stdout, { end: false }).catch(explain)
        return
      }
      const file = path.resolve(terminal.env.callerFolder, out)
      await pipeline(report, createWriteStream(file)).catch(explain)
      tell(terminal, `Written to ${file}`)
    })
}

function explain(error: unknown): never {
  if (error instanceof Error && 'code' in error && 'path' in error) {
    throw new CliError(`${String(error.path)} cannot be written (${String(error.code)}); expected a new or old file`, {
      cause: error,
    })
  }
  // Whoever read our output has seen enough.
  if (error instanceof Error && 'code' in error && error.code === 'EPIPE') throw error
  throw describeUnreachable('the importer, half-way through the report,', error)
}
