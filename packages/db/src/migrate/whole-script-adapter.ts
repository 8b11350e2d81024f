import { PrismaPg } from '@prisma/adapter-pg'

/** Marks the running migration as done within the script's own transaction. Matches no row while no migration runs. */
const FINISH_MIGRATION = `
UPDATE "_prisma_migrations" SET finished_at = now(), applied_steps_count = 1
WHERE finished_at IS NULL AND rolled_back_at IS NULL`

/**
 * Prisma's adapter cuts a script at every semicolon, those in comments and function bodies included, and sends the
 * pieces one by one. This one sends a script as it is: PostgreSQL runs a text of several statements as one transaction,
 * so a migration is applied and recorded, or it never was, whenever the process is killed.
 */
export class WholeScriptAdapter extends PrismaPg {
  override async connect(): ReturnType<PrismaPg['connect']> {
    const connection = await super.connect()
    connection.executeScript = async (script) => {
      await connection.underlyingDriver().query(`${script.trimEnd().replace(/;?$/, ';')}${FINISH_MIGRATION}`)
    }
    return connection
  }
}
