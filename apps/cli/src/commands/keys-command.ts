import { ROLES, type Role } from '@importer/contracts'
import { Option, type Command } from 'commander'

import { CliError } from '../framework/cli-error.ts'
import { addExamples, runCommand, type CommandContext } from '../framework/define-command.ts'
import { withKeyDatabase } from './key-database.ts'
import { readInt4 } from '../framework/read-options.ts'

const ORG = ['--org <id>', "the organization's id", readInt4] as const

/** `keys …`: for the operator. They work on the database itself, as there is no key yet that could allow them. */
export function addKeysCommand(program: Command, context: CommandContext): void {
  const keys = program
    .command('keys')
    .description("API keys, in the database itself (DATABASE_URL, or else DATA_DIR's PostgreSQL)")

  const create = keys
    .command('create')
    .description('make a key, and its organization when there is none; the key is printed this once')
    .requiredOption(...ORG)
    .addOption(new Option('--role <role>', 'what it may do').choices(ROLES).makeOptionMandatory())
    .option('--name <text>', 'what it is for, to be read in keys list')
    .action(
      runCommand(context, async (session, { org, role, name }: { org: number; role: Role; name?: string }) => {
        const { id, key } = await withKeyDatabase(session, (database, { createApiKey }) =>
          createApiKey(database, { orgId: org, role, ...(name === undefined ? {} : { name }) }),
        )
        session.notify(`Key ${id} of organization ${org}, role ${role}. It is kept nowhere but here:`)
        return { json: { id, orgId: org, role, name: name ?? null, key }, text: key }
      }),
    )
  addExamples(create, [
    ['a key that may upload', 'redemptions keys create --org 9619 --role write --name "nightly upload"'],
  ])

  const list = keys
    .command('list')
    .description('list the keys of an organization, revoked ones too; the keys themselves are not known')
    .requiredOption(...ORG)
    .action(
      runCommand(context, async (session, { org }: { org: number }) => {
        const items = await withKeyDatabase(session, (database, { listApiKeys }) => listApiKeys(database, org))
        const rows = items.map(({ id, role, name, createdAt, revokedAt }) => [
          String(id),
          role,
          createdAt.toISOString(),
          revokedAt === null ? 'works' : `revoked ${revokedAt.toISOString()}`,
          name ?? '',
        ])
        return { json: { items }, text: session.table(['id', 'role', 'made', 'state', 'name'], rows) }
      }),
    )
  addExamples(list, [['who may do what', 'redemptions keys list --org 9619']])

  const revoke = keys
    .command('revoke')
    .description('make a key useless, within a second')
    .requiredOption(...ORG)
    .requiredOption('--id <id>', "the key's id, from keys list", readInt4)
    .action(
      runCommand(context, async (session, { org, id }: { org: number; id: number }) => {
        const wasRevoked = await withKeyDatabase(session, (database, { revokeApiKey }) =>
          revokeApiKey(database, { orgId: org, id }),
        )
        if (!wasRevoked) {
          throw new CliError(
            `organization ${org} has no key ${id} that works; expected an id from keys list --org ${org}`,
          )
        }
        return { json: { id, orgId: org, revoked: true }, text: `Key ${id} of organization ${org} is revoked.` }
      }),
    )
  addExamples(revoke, [['the key with the id 2', 'redemptions keys revoke --org 9619 --id 2']])
}
