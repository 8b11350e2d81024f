import { renderTable } from '@importer/client/terminal'
import { ROLES, type Role } from '@importer/contracts'
import { Option, type Command } from 'commander'

import { CliError } from './cli-error.ts'
import { withKeyDatabase } from './key-database.ts'
import { readInt4 } from './read-options.ts'
import { print, tell, type Terminal } from './terminal.ts'

const ORG = ['--org <id>', "the organization's id", readInt4] as const

/** `keys …`: for the operator. They work on the database itself, as there is no key yet that could allow them. */
export function addKeysCommand(program: Command, terminal: Terminal): void {
  const keys = program
    .command('keys')
    .description("API keys, in the database itself (DATABASE_URL, or else DATA_DIR's PostgreSQL)")

  keys
    .command('create')
    .description('make a key, and its organization when there is none; the key is printed this once')
    .requiredOption(...ORG)
    .addOption(new Option('--role <role>', 'what it may do').choices(ROLES).makeOptionMandatory())
    .option('--name <text>', 'what it is for, to be read in keys list')
    .action(async ({ org, role, name }: { org: number; role: Role; name?: string }) => {
      const { id, key } = await withKeyDatabase(terminal, (database, { createApiKey }) =>
        createApiKey(database, { orgId: org, role, ...(name === undefined ? {} : { name }) }),
      )
      tell(terminal, `Key ${id} of organization ${org}, role ${role}. It is kept nowhere but here:`)
      print(terminal, key)
    })

  keys
    .command('list')
    .description('list the keys of an organization, revoked ones too; what they are is not known')
    .requiredOption(...ORG)
    .action(async ({ org }: { org: number }) => {
      const found = await withKeyDatabase(terminal, (database, { listApiKeys }) => listApiKeys(database, org))
      const rows = found.map(({ id, role, name, createdAt, revokedAt }) => [
        String(id),
        role,
        createdAt.toISOString(),
        revokedAt === null ? 'works' : `revoked ${revokedAt.toISOString()}`,
        name ?? '',
      ])
      print(terminal, renderTable(['id', 'role', 'made', 'state', 'name'], rows))
    })

  keys
    .command('revoke')
    .description('make a key useless, within a second')
    .requiredOption(...ORG)
    .requiredOption('--id <id>', "the key's id, from keys list", readInt4)
    .action(async ({ org, id }: { org: number; id: number }) => {
      const wasRevoked = await withKeyDatabase(terminal, (database, { revokeApiKey }) =>
        revokeApiKey(database, { orgId: org, id }),
      )
      if (!wasRevoked) {
        throw new CliError(
          `organization ${org} has no key ${id} that works; expected an id from keys list --org ${org}`,
        )
      }
      print(terminal, `Key ${id} of organization ${org} is revoked.`)
    })
}
