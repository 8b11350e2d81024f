import { readFile } from 'node:fs/promises'
import path from 'node:path'

import { PROFILE_OPTIONS, toProfileOptions } from '@importer/contracts'
import type { Command } from 'commander'

import { CliError } from '../framework/cli-error.ts'
import { addExamples, runCommand, type CommandContext, type Result } from '../framework/define-command.ts'
import { readCount, readId } from '../framework/read-options.ts'
import type { Session } from '../framework/session.ts'
import { showFields } from './reference-command.ts'
import { addUploadOptions, readUploadFields, type ColumnOptions } from './upload-fields.ts'

interface PutOptions extends ColumnOptions {
  readonly series?: string
  readonly uploadHeaders?: string
  readonly from?: string
}

/** `profiles …`: saved ways to read files of one kind. */
export function addProfilesCommand(program: Command, context: CommandContext): void {
  const profiles = program.command('profiles').description('saved ways to read files of one kind, for import --profile')

  const put = profiles
    .command('put')
    .description('save a profile, all of it, as a new version')
    .argument('<name>', 'its name')
    .option('--series <id>', 'the coupon series', readId)
    .option('--from <file>', 'a JSON file with all of the profile, as profiles get --json prints it')
  addUploadOptions(put, PROFILE_OPTIONS).action(runCommand(context, saveProfile))
  addExamples(put, [
    [
      'the files of the shops in Spring Street',
      `redemptions profiles put spring-street --customer mobile=Mobile --coupon code=Coupon \\
    --column date="Redeemed on" --column till=Till --default-country DE --series 953234`,
    ],
  ])

  const list = profiles
    .command('list')
    .description('list the profiles, each in its latest version')
    .option('--limit <number>', 'how many at most; by default 50', readCount)
    .option('--cursor <text>', 'the nextCursor of the page before')
    .action(
      runCommand(context, async (session, page: { limit?: number; cursor?: string }) => {
        const found = await (await session.api()).listImportProfiles(page)
        const rows = found.items.map(({ name, version, seriesId, savedAt, savedBy }) => [
          name,
          String(version),
          seriesId === undefined ? '' : String(seriesId),
          savedAt,
          savedBy.name,
        ])
        const text =
          rows.length === 0 ? 'no profiles' : session.table(['name', 'version', 'series', 'saved', 'by'], rows)
        return { json: found, text }
      }),
    )
  addExamples(list, [['which there are', 'redemptions profiles list']])

  const get = profiles
    .command('get')
    .description('show a profile')
    .argument('<name>', 'its name')
    .option('--version <number>', 'another version than the latest', readCount)
    .action(
      runCommand(context, async (session, name: string, { version }: { version?: number }) => {
        const profile = await (await session.api()).showImportProfile({ name, version })
        return { json: profile, text: showFields(profile) }
      }),
    )
  addExamples(get, [['one', 'redemptions profiles get spring-street']])

  const remove = profiles
    .command('delete')
    .description('delete a profile: uploads that name it are refused from then on')
    .argument('<name>', 'its name')
    .action(
      runCommand(context, async (session, name: string) => {
        await (await session.api()).deleteImportProfile({ name })
        return { json: { name, deleted: true }, text: `The profile ${name} is deleted.` }
      }),
    )
  addExamples(remove, [['for good', 'redemptions profiles delete spring-street']])
}

async function saveProfile(session: Session, name: string, options: PutOptions): Promise<Result> {
  const fields = readUploadFields(options as PutOptions & Record<string, unknown>)
  const given = options.from === undefined ? {} : await readProfile(session, options.from)
  if (options.uploadHeaders !== undefined) parseJson(options.uploadHeaders, '--upload-headers')
  const body = { ...given, ...toProfileOptions({ ...fields, seriesId: options.series ?? '' }) }
  const saved = await (await session.api()).saveImportProfile({ name, body })
  return { json: saved, text: `Profile ${name}, version ${saved.version}`, next: [`profiles get ${name}`] }
}

async function readProfile(session: Session, file: string): Promise<Record<string, unknown>> {
  const from = path.resolve(session.terminal.env.callerFolder, file)
  let text: string
  try {
    text = await readFile(from, 'utf8')
  } catch (error) {
    throw new CliError(`${from} cannot be read; expected a JSON file`, { cause: error })
  }
  const profile = parseJson(text, from)
  if (typeof profile !== 'object' || profile === null || Array.isArray(profile)) {
    throw new CliError(`${from} holds no object; expected a profile as profiles get --json prints it`)
  }
  // It may be saved under another name.
  return Object.fromEntries(Object.entries(profile).filter(([field]) => field !== 'name'))
}

function parseJson(text: string, source: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new CliError(`${source} is not JSON (${error instanceof Error ? error.message : ''}); expected an object`, {
      cause: error,
    })
  }
}
