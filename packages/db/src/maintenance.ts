import type { Database } from './open-database.ts'

/** How far a task had come when it ran last; null: it ran less than `everyMs` ago, in whichever process. */
export async function findDueTask({ prisma }: Database, task: string, everyMs: number): Promise<number | null> {
  const [row] = await prisma.$queryRaw<{ reached: bigint; due: boolean }[]>`
    SELECT reached, ran_at <= clock_timestamp() - ${everyMs}::float8 * interval '1 millisecond' AS due
    FROM maintenance WHERE task = ${task}::text`
  if (row === undefined) return 0
  return row.due ? Number(row.reached) : null
}

/** The task has run just now and come so far, in what it counts; 0 is the beginning. */
export async function recordTask({ prisma }: Database, task: string, reached: number): Promise<void> {
  await prisma.$executeRaw`
    INSERT INTO maintenance (task, ran_at, reached) VALUES (${task}::text, clock_timestamp(), ${reached}::bigint)
    ON CONFLICT (task) DO UPDATE SET ran_at = excluded.ran_at, reached = excluded.reached`
}
