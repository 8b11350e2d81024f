import path from 'node:path'

import { REFERENCE_KINDS, type ReferenceKind } from '@importer/contracts'
import { openFile } from '@importer/client/terminal'
import type { Command } from 'commander'

import { connect } from './connect.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { readKind } from './read-options.ts'
import { print, tell, type Terminal } from './terminal.ts'

/** `reference put KIND file.csv`: what imports are resolved against. */
export function addReferenceCommand(program: Command, terminal: Terminal, end: (code: ExitCode) => void): void {
  const reference = program.command('reference').description('series, coupons, customers and tills')
  reference
    .command('put')
    .description('add or change reference data from a CSV file with named columns')
    .argument('<kind>', REFERENCE_KINDS.join(', '), readKind)
    .argument('<file>', 'a CSV file')
    .action(async (kind: ReferenceKind, file: string, _options: object, command: Command) => {
      const client = await connect(terminal, command.optsWithGlobals())
      const body = await openFile(path.resolve(terminal.env.callerFolder, file))
      const result = await client.loadReference({ kind, body })
      const { received, inserted, updated, rejected, errors } = result
      print(terminal, `${received} ${kind}: ${inserted} inserted, ${updated} updated, ${rejected} rejected`)
      for (const { line, code, message } of errors) tell(terminal, `line ${line}: ${code}: ${message}`)
      if (rejected > errors.length) tell(terminal, `… and ${rejected - errors.length} more`)
      end(rejected === 0 ? EXIT.success : EXIT.partial)
    })
}
