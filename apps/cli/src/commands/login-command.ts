import { text as readText } from 'node:stream/consumers'
import path from 'node:path'

import { createClient } from '@importer/client'
import type { Command } from 'commander'

import { readKey, readKeyFile, readUrl } from '../connection/find-connection.ts'
import { readServers, writeServers } from '../connection/servers-file.ts'
import { CliError } from '../framework/cli-error.ts'
import { addExamples, runCommand, type CommandContext, type Result } from '../framework/define-command.ts'
import { EXIT } from '../framework/exit-codes.ts'
import type { Session } from '../framework/session.ts'
import { untilAborted } from '../framework/until-aborted.ts'

const NAME = /^[\w.-]{1,64}$/

/** `login`, `logout`, `servers`: importers by name, with their keys, in the user's own configuration folder. */
export function addLoginCommands(program: Command, context: CommandContext): void {
  const login = program
    .command('login')
    .description(
      'keep address and key of an importer under the name of --server; the key is read from --key-file or standard input',
    )
    .action(runCommand(context, logIn))
  addExamples(login, [
    ['the key from a file', 'redemptions login --server staging --url http://127.0.0.1:8080 --key-file key.txt'],
    ['the key from another program', 'cat key.txt | redemptions login --server staging --url http://127.0.0.1:8080'],
    ['use it', 'redemptions list --server staging'],
  ])
  const logout = program
    .command('logout')
    .description('forget the importer of --server and its key')
    .action(runCommand(context, logOut))
  addExamples(logout, [['forget it', 'redemptions logout --server staging']])
  const servers = program
    .command('servers')
    .description('list the importers that login has kept, without their keys')
    .action(runCommand(context, listServers))
  addExamples(servers, [['the names for --server', 'redemptions servers']])
}

async function logIn(session: Session): Promise<Result> {
  const { terminal, options, signal } = session
  const name = readName(options.server, 'login')
  if (options.key !== undefined) {
    throw new CliError('login takes no --key; expected the key from --key-file or standard input')
  }
  const url = readUrl(options.url ?? terminal.env.REDEMPTIONS_URL ?? `http://127.0.0.1:${terminal.env.PORT}`)
  const apiKey =
    options.keyFile === undefined
      ? await readKeyFromInput(session)
      : await readKeyFile(path.resolve(terminal.env.callerFolder, options.keyFile))
  const { orgId, role, keyName } = await createClient({ url, apiKey, signal }).showSession()
  const servers = await readServers(terminal.env.configFolder)
  const file = await writeServers(terminal.env.configFolder, { ...servers, [name]: { url, apiKey } })
  session.notify(`Kept in ${file}, which only you may read`)
  return {
    json: { server: name, url, orgId, role, keyName, file },
    text: `${name}: ${url}, organization ${orgId}, role ${role}`,
    next: ['list'],
  }
}

async function readKeyFromInput({ terminal: { stdin }, signal, notify }: Session): Promise<string> {
  if (stdin.isTTY === true) notify('Enter the API key and end with Ctrl-D; it is shown as you type (else: --key-file)')
  return readKey(await untilAborted(signal, readText(stdin)), 'standard input')
}

async function logOut({ terminal, options }: Session): Promise<Result> {
  const name = readName(options.server, 'logout')
  const { [name]: found, ...others } = await readServers(terminal.env.configFolder)
  if (found === undefined) throw new CliError(`there is no server ${name}; expected a name of redemptions servers`)
  await writeServers(terminal.env.configFolder, others)
  return { json: { server: name }, text: `${name} is forgotten; its key works until it is revoked` }
}

async function listServers(session: Session): Promise<Result> {
  const servers = Object.entries(await readServers(session.terminal.env.configFolder)).map(([server, { url }]) => ({
    server,
    url,
  }))
  return {
    json: { servers },
    text:
      servers.length === 0
        ? 'no servers are kept'
        : session.table(
            ['server', 'url'],
            servers.map(({ server, url }) => [server, url]),
          ),
  }
}

function readName(name: string | undefined, command: string): string {
  if (name !== undefined && NAME.test(name)) return name
  throw new CliError(
    `${command} needs --server with a name of up to 64 letters, digits, dots, dashes and underscores; expected one such as --server production`,
    { exitCode: EXIT.trouble },
  )
}
