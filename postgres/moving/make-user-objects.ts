/** Makes what a tenant has made once more, as its own login: what is made may run what the tenant wrote. */

import type { Queryable } from '../database.ts'
import { databaseErrorOf } from '../database-error.ts'
import { doOnce, type Making, stepsDone } from './progress.ts'
import type { UserStatement } from './user-statements.ts'

/** As the text of a parameter it is not looked through for parameters. Bodies of functions may be about what comes later. */
const settings = JSON.stringify({ search_path: 'pg_catalog', check_function_bodies: 'off' })

export interface MakingObjects {
  readonly target: Making
  /** Of the tenant's managed tables, which has the function that runs a text. */
  readonly managed: string
  readonly pause: () => Promise<void>
}

/**
 * Tried in rounds, since what one needs may be made after it, until a round gets nowhere.
 * @returns those that may fail and did
 * @throws Error that names the first of the others
 */
export async function makeUserObjects(
  { target, managed, pause }: MakingObjects,
  statements: readonly UserStatement[],
): Promise<readonly string[]> {
  const done = await stepsDone(target)
  let open = statements.filter(({ step }) => !done.has(step))
  for (;;) {
    const failed: { readonly statement: UserStatement; readonly error: string }[] = []
    for (const statement of open) {
      await pause()
      const error = await tryOnce(target, managed, statement)
      if (error !== undefined) failed.push({ statement, error })
    }
    if (failed.length === 0) return []
    if (failed.length === open.length) {
      const needed = failed.find(({ statement }) => !statement.optional)
      if (needed) throw new Error(`${needed.statement.step} cannot be made again: ${needed.error}`)
      return failed.map(({ statement }) => statement.step)
    }
    open = failed.map(({ statement }) => statement)
  }
}

/** What PostgreSQL has against it; anything else that fails is thrown. */
async function tryOnce(
  target: Making,
  managed: string,
  { step, sql }: UserStatement,
): Promise<string | undefined> {
  try {
    await doOnce(target, step, (transaction) => runText(transaction, managed, sql))
    return undefined
  } catch (error) {
    const refused = databaseErrorOf(error)
    if (!refused) throw error
    return refused.message
  }
}

async function runText(transaction: Queryable, managed: string, statement: string): Promise<void> {
  await transaction.query(
    `SELECT ${managed}.iasql_execute(:statement, :settings::jsonb, '[]')::text AS done`,
    {
      statement,
      settings,
    },
  )
}
