/** How far a move is, in a table beside what it makes: noted by the very transaction that does a step, so that a crash repeats none. */
import type { Database, Queryable } from '../database.ts'

/** In the target's schema until the move is over. */
export const progressTables = ['iasql_moving', 'iasql_moving_piece'] as const

/** The schema that is made, and the login that makes what is in it. */
export interface Making {
  readonly db: Database
  readonly schema: string
}

export async function openProgress({ db, schema }: Making): Promise<void> {
  await db.run(
    `CREATE TABLE IF NOT EXISTS ${schema}.iasql_moving (step text PRIMARY KEY, place text, done boolean NOT NULL)`,
  )
  await db.run(
    `CREATE TABLE IF NOT EXISTS ${schema}.iasql_moving_piece (part int PRIMARY KEY, body text NOT NULL)`,
  )
}

export async function isBegun({ db, schema }: Making): Promise<boolean> {
  const [found] = await db.query<{ begun: boolean }>(
    'SELECT pg_catalog.to_regclass(:table) IS NOT NULL AS begun',
    { table: `${schema}.${progressTables[1]}` },
  )
  return found?.begun === true
}

export async function closeProgress({ db, schema }: Making): Promise<void> {
  for (const table of progressTables) await db.run(`DROP TABLE IF EXISTS ${schema}.${table} CASCADE`)
}

export async function stepsDone({ db, schema }: Making): Promise<ReadonlySet<string>> {
  const done = new Set<string>()
  for (let after: string | undefined = ''; after !== undefined; ) {
    const rows: readonly { readonly step: string }[] = await db.query<{ step: string }>(
      `SELECT step FROM ${schema}.iasql_moving WHERE done AND step > :after ORDER BY step LIMIT 1000`,
      { after },
    )
    for (const { step } of rows) done.add(step)
    after = rows.at(-1)?.step
  }
  return done
}

/** Does nothing where it was done before. */
export async function doOnce(
  { db, schema }: Making,
  step: string,
  work: (transaction: Queryable) => Promise<void>,
): Promise<void> {
  await db.transaction(async (transaction) => {
    const isNew = await transaction.run(
      `INSERT INTO ${schema}.iasql_moving (step, done) VALUES (:step, true) ON CONFLICT DO NOTHING`,
      { step },
    )
    if (isNew > 0) await work(transaction)
  })
}

export interface Place {
  readonly at: string
  readonly isDone: boolean
}

export async function placeOf(db: Queryable, schema: string, step: string): Promise<Place | undefined> {
  const [found] = await db.query<{ place: string; done: boolean }>(
    `SELECT place, done FROM ${schema}.iasql_moving WHERE step = :step`,
    { step },
  )
  return found && { at: found.place, isDone: found.done }
}

/** False when somebody else has gone on from there already: then nothing of the transaction may stay. */
export async function goOn(
  transaction: Queryable,
  schema: string,
  { step, from, to }: { readonly step: string; readonly from: Place | undefined; readonly to: Place },
): Promise<boolean> {
  const next = { step, to: to.at, done: to.isDone }
  const changed =
    from === undefined
      ? await transaction.run(
          `INSERT INTO ${schema}.iasql_moving (step, place, done) VALUES (:step, :to, :done) ON CONFLICT DO NOTHING`,
          next,
        )
      : await transaction.run(
          `UPDATE ${schema}.iasql_moving SET place = :to, done = :done
           WHERE step = :step AND place = :from AND NOT done`,
          { ...next, from: from.at },
        )
  return changed > 0
}
