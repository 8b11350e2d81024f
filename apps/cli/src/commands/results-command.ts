import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'

import { RequestError, type ImportView } from '@importer/client'
import type { Command } from 'commander'

import { DOWNLOADS, openReport, saveDownload, type ReportOutcome } from '../connection/save-report.ts'
import { CliError } from '../framework/cli-error.ts'
import { addExamples, runCommand, type CommandContext, type Result } from '../framework/define-command.ts'
import { readId } from '../framework/read-options.ts'
import type { Session } from '../framework/session.ts'

/** As the API names them. */
const FILE_NAMES: Readonly<Record<ReportOutcome, string>> = {
  rejected: 'errors.csv',
  inserted: 'inserted.csv',
  duplicates: 'duplicates.csv',
  unprocessed: 'unprocessed.csv',
}
const RECORD_NAME = 'import.json'

/** `results ID --dir D`: everything that there is of an import, as files. */
export function addResultsCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('results')
    .description('fetch all files of an import: the three outcomes, what was never read, the upload and the record')
    .argument('<id>', "the import's id", readId)
    .requiredOption('--dir <folder>', 'where to; it is made if it is not there')
    .action(runCommand(context, fetchResults))
  addExamples(command, [['to a folder', 'redemptions results 1 --dir import-1']])
}

async function fetchResults(session: Session, importId: string, { dir }: { readonly dir: string }): Promise<Result> {
  const api = await session.api()
  const view = await api.showImport({ importId })
  const folder = path.resolve(session.terminal.env.callerFolder, dir)
  const files: { file: string; bytes: number }[] = []
  const missing: string[] = []
  const save = async (name: string, open: () => Promise<Response>): Promise<void> => {
    try {
      files.push(await saveDownload(session, open, path.join(folder, name)))
    } catch (error) {
      // Of a file that could not be read there are no reports, and retention removes them.
      if (!(error instanceof RequestError && (error.status === 404 || error.status === 409))) throw error
      missing.push(name)
      session.notify(`${name} is not there: ${error.problem?.detail ?? error.message}`)
    }
  }
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw new CliError(`${folder} cannot be made; expected a folder of your own`, { cause: error })
  })
  const record = path.join(folder, RECORD_NAME)
  await writeFile(record, `${JSON.stringify(view, null, 2)}\n`)
  for (const outcome of Object.keys(DOWNLOADS) as ReportOutcome[]) {
    await save(FILE_NAMES[outcome], async () => openReport(session, { importId, outcome }))
  }
  await save(chooseUploadName(view), async () => api.downloadFile({ importId }))
  const rows = files.map(({ file, bytes }) => [path.basename(file), String(bytes)])
  return {
    json: { importId: view.id, folder, files, missing },
    text: `${session.table(['file', 'bytes'], rows, { right: [1] })}\n\nWritten to ${folder}`,
  }
}

/** The name of the upload comes from elsewhere: it stays in the folder, and replaces nothing of ours. */
function chooseUploadName({ fileName }: ImportView): string {
  const name = path.basename(fileName.replaceAll('\\', '/')).replaceAll(/\p{Cc}/gu, '')
  const isTaken = name === RECORD_NAME || Object.values(FILE_NAMES).includes(name)
  return name === '' || name.startsWith('.') || isTaken ? `upload-${name.replace(/^\.+/, '')}` : name
}
