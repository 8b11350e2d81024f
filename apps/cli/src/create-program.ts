import { Command } from 'commander'

import { addActionCommands } from './commands/action-commands.ts'
import { addDoctorCommand } from './commands/doctor-command.ts'
import { addErrorsCommand } from './commands/errors-command.ts'
import { addImportCommand } from './commands/import-command.ts'
import { addInspectCommand } from './commands/inspect-command.ts'
import { addKeysCommand } from './commands/keys-command.ts'
import { addListCommand } from './commands/list-command.ts'
import { addListenCommand } from './commands/listen-command.ts'
import { addLoginCommands } from './commands/login-command.ts'
import { addReferenceCommand } from './commands/reference-command.ts'
import { addReportCommand } from './commands/report-command.ts'
import { addResultsCommand } from './commands/results-command.ts'
import { addRetryCommand } from './commands/retry-command.ts'
import { addRowCommand } from './commands/row-command.ts'
import { addStatusCommand, addWaitCommand } from './commands/status-command.ts'
import { addUploadCommand } from './commands/upload-command.ts'
import { addWatchCommand } from './commands/watch-command.ts'
import { addAuditCommand } from './commands/audit-command.ts'
import { addCompletionCommand } from './commands/completion-command.ts'
import { addExplainCommand } from './commands/explain-command.ts'
import { addProfilesCommand } from './commands/profiles-command.ts'
import { addRedemptionsCommand } from './commands/redemptions-command.ts'
import { addWebhooksCommand } from './commands/webhooks-command.ts'
import type { CommandContext } from './framework/define-command.ts'
import { EXIT_CODE_HELP } from './framework/exit-codes.ts'
import { readDuration } from './framework/read-options.ts'

const EPILOGUE = `
${EXIT_CODE_HELP}

The importer is the one of --server, or of --url and --key-file, or of REDEMPTIONS_URL and REDEMPTIONS_API_KEY; without all
of them the npm start of this folder, which keeps its address and key in DATA_DIR.`

/** The command line, every command of it. */
export function createProgram(context: CommandContext): Command {
  const { terminal } = context
  const program = new Command('redemptions')
    .description('The command line of the redemption importer')
    .option('--server <name>', 'an importer that redemptions login keeps')
    .option('--url <url>', 'where the importer answers')
    .option('--key-file <file>', 'a file with the API key')
    .option('--key <key>', 'the API key; others on this machine can read it in the list of processes')
    .option('--json', 'print one JSON object and nothing else on standard output')
    .option('--quiet', 'no progress and no messages on standard error')
    .option('--timeout <duration>', 'end after this time, such as 30s or 10m', readDuration)
    .addHelpText('after', EPILOGUE)
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      // One line, written by whoever catches the error.
      writeErr: () => undefined,
      getOutHelpWidth: () => terminal.stdout.columns ?? 100,
      getOutHasColors: () => false,
    })
  addImportCommand(program, context)
  addInspectCommand(program, context)
  addStatusCommand(program, context)
  addWaitCommand(program, context)
  addListCommand(program, context)
  addWatchCommand(program, context)
  addErrorsCommand(program, context)
  addRowCommand(program, context)
  addReportCommand(program, context)
  addResultsCommand(program, context)
  addActionCommands(program, context)
  addRetryCommand(program, context)
  addReferenceCommand(program, context)
  addRedemptionsCommand(program, context)
  addProfilesCommand(program, context)
  addWebhooksCommand(program, context)
  addListenCommand(program, context)
  addKeysCommand(program, context)
  addAuditCommand(program, context)
  addExplainCommand(program, context)
  addDoctorCommand(program, context)
  addLoginCommands(program, context)
  addUploadCommand(program, context)
  addCompletionCommand(program, context)
  return program
}
