/** The users' transactions: what is taken back, and how all of them end. */
import { IasqlError } from '#engine/model/error.ts'
import type { Queryable } from '#postgres/database.ts'
import type { KindName } from '#test/support/simulated/kinds.ts'
import type { SimulatedLab, Worker } from '#test/support/simulated/lab.ts'
import { callerOf, editIn, sessionCount } from './caller.ts'
import { keyOf } from './picture.ts'
import type { Act } from './step.ts'
import type { ModelRun } from './world.ts'

export async function revertOne(
  run: ModelRun,
  worker: Worker,
  { session, slot }: Extract<Act, { readonly act: 'revert' }>,
): Promise<void> {
  const { platform, tenant } = run.lab
  const ids = await platform.query<{ id: string }>(
    `SELECT coalesce(c.transaction_id, c.xid::text) AS id, max(c.at) AS at FROM ${tenant.schema}.iasql_commit c
     GROUP BY 1 ORDER BY 2 DESC LIMIT 20`,
  )
  const id = ids[slot % Math.max(ids.length, 1)]?.id
  if (id === undefined) return
  await revert(run, worker, { id, session })
}

/** Its rows are excused whether or not it comes to that: nobody is told more than that somebody wanted it back. */
async function revert(
  { lab: { platform, tenant }, excused }: ModelRun,
  worker: Worker,
  { id, session }: { readonly id: string; readonly session: number },
): Promise<void> {
  for (const key of await rowsOf(platform, tenant.schema, id)) excused.add(key)
  await worker.call('iasql_revert', [id], callerOf(session))
}

/** Of an edit that no session has made there is nothing but its number. */
async function rowsOf(platform: Queryable, t: string, id: string): Promise<readonly string[]> {
  const rows = await platform.query<{ table_name: string; row_id: number }>(
    `SELECT DISTINCT a.table_name, a.row_id FROM ${t}.iasql_audit a LEFT JOIN ${t}.iasql_commit c ON c.xid = a.xid
     WHERE a.row_id IS NOT NULL AND coalesce(c.transaction_id, a.xid::text) = :id`,
    { id },
  )
  return rows.map((row) => keyOf(row.table_name, row.row_id))
}

/** What users said in transactions that came to nothing they did not say. */
export async function excuseTakenBack({ lab, excused, judged }: ModelRun): Promise<void> {
  const { platform, tenant } = lab
  const ended = await platform.query<{ id: string }>(
    `SELECT transaction_id AS id FROM ${tenant.schema}.iasql_transaction WHERE state IN ('rolled_back', 'failed')`,
  )
  for (const { id } of ended.filter((one) => !judged.has(one.id))) {
    judged.add(id)
    for (const key of await rowsOf(platform, tenant.schema, id)) excused.add(key)
  }
}

interface OpenOne {
  readonly id: string
  readonly actor: string
  readonly connection: string
}

const sessionOf = ({ actor }: OpenOne): number => Number(actor.split('-')[1])

const openOnes = (lab: SimulatedLab): Promise<readonly OpenOne[]> =>
  lab.platform.query<OpenOne>(
    `SELECT transaction_id AS id, actor, connection_id AS connection FROM ${lab.tenant.schema}.iasql_transaction
     WHERE state = 'open' ORDER BY opened_at DESC`,
  )

const mostRounds = 6

/**
 * Whoever has begun something commits it, else takes it back; where others are in the way of both, what they hang on is
 * applied and the rows are edited once more, and in the end the others let go. What is left is named.
 */
export async function endTransactions(run: ModelRun): Promise<readonly string[]> {
  const { lab, workers } = run
  const said = new Map<string, unknown>()
  for (let round = 0; round < mostRounds; round += 1) {
    const open = await openOnes(lab)
    if (open.length === 0) return []
    for (const one of open) {
      const by = { actor: one.actor, connectionId: one.connection }
      const attempt = async (name: string): Promise<boolean> =>
        workers
          .next()
          .call(name, undefined, by)
          .then(
            () => true,
            (error: unknown) => {
              said.set(one.id, error)
              return false
            },
          )
      if (round > 1) await touch(run, one)
      if (round > 2) await letGo(run, one, said.get(one.id))
      if (!(await attempt('iasql_commit'))) await attempt('iasql_rollback')
      await lab.clock.sleep(100_000)
    }
    if (round > 0)
      await workers
        .next()
        .call('iasql_apply')
        .catch(() => undefined)
  }
  return (await openOnes(lab)).map(({ id }) => String(said.get(id) ?? id))
}

/** Of a transaction and its neighbour that wait for each other: what others did since goes, as its refusal says. */
async function letGo(run: ModelRun, one: OpenOne, refusal: unknown): Promise<void> {
  if (!(refusal instanceof IasqlError)) return
  const { detail = '', hint } = refusal
  for (const [, id = ''] of hint.matchAll(/iasql_revert\('([^']+)'\)/g)) {
    run.interventions += 1
    const by = (session: number) => revert(run, run.workers.next(), { id, session })
    const neighbour = (sessionOf(one) + 1) % sessionCount
    await by(neighbour).catch(() => by(sessionOf(one)).catch(() => undefined))
  }
  for (const [, table = '', id] of detail.matchAll(/^(\w+) (\d+) refers to /gm)) {
    run.interventions += 1
    await run.users.remove(table as KindName, Number(id)).catch(() => undefined)
  }
}

/** An edit that knows of those of others. */
async function touch({ lab, excused }: ModelRun, one: OpenOne): Promise<void> {
  const { platform, tenant, user, clock } = lab
  for (const key of await rowsOf(platform, tenant.schema, one.id)) {
    const [table, id] = key.split('/')
    excused.add(key)
    await user
      .transaction(async (transaction) => {
        await transaction.run(
          `UPDATE ${table} SET tags = coalesce(tags, '{}') || '{"again": "${clock.nowMs}"}' WHERE id = ${id}`,
        )
        await editIn(lab, sessionOf(one), transaction)
      })
      .catch(() => undefined)
  }
}
