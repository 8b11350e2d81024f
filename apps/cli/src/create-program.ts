import { Command } from 'commander'

import type { ExitCode } from './exit-codes.ts'
import { addKeysCommand } from './keys-command.ts'
import { addReferenceCommand } from './reference-command.ts'
import { addReportCommand } from './report-command.ts'
import { addStatusCommand } from './status-command.ts'
import type { Terminal } from './terminal.ts'
import { addUploadCommand } from './upload-command.ts'

const EPILOGUE = `
Exit codes: 0 all is well; 1 done, but some rows were rejected; 2 not done (upload --wait: failed, cancelled, or every
row rejected; also a wrong option, no answer, no permission).

The importer is the one of --url, REDEMPTIONS_URL or http://127.0.0.1:PORT; the key that of --key, REDEMPTIONS_API_KEY
or the file DATA_DIR/api-key.`

/** The command line. `end` is told with which code a command that was done ends; others throw. */
export function createProgram(terminal: Terminal, end: (code: ExitCode) => void): Command {
  const program = new Command('redemptions')
    .description('Client of the redeemed-coupon importer')
    .option('--url <url>', 'where the importer answers')
    .option('--key <key>', 'the API key')
    .addHelpText('after', EPILOGUE)
    .exitOverride()
    .showSuggestionAfterError(false)
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      // One line, told by whoever catches the error.
      writeErr: () => undefined,
    })
  addUploadCommand(program, terminal, end)
  addStatusCommand(program, terminal)
  addReportCommand(program, terminal)
  addReferenceCommand(program, terminal, end)
  addKeysCommand(program, terminal)
  return program
}
