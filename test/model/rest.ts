/** Everything comes to rest: the weather clears, everybody ends, and applies and syncs go on until nothing is left to do. */
import type { Row } from '#engine/model/json.ts'
import type { KindName } from '#test/support/simulated/kinds.ts'
import type { Worker } from '#test/support/simulated/lab.ts'
import { calm } from '#test/support/simulated/weather.ts'
import { cloudIdOf } from '#test/support/simulated/world.ts'
import { decideAll } from './decide.ts'
import { columnsOf } from './picture.ts'
import { endTransactions } from './sessions.ts'
import type { ModelRun, Violation } from './world.ts'

/** Longer than any settle time, deadline and straggler together. */
const settledMs = 100_000
const mostRounds = 10

export async function comeToRest(run: ModelRun): Promise<readonly Violation[]> {
  const { lab, users, workers } = run
  lab.cloud.forecast.weather = calm
  while (users.open.size > 0) await Promise.race([...users.open, lab.clock.sleep(10_000)])
  if (!(await workers.rest()))
    return [{ name: 'stuck', what: `executions never end: ${await openOnes(run)}` }]
  const open = await endTransactions(run)
  if (open.length > 0) return [{ name: 'stuck', what: `transactions never end: ${open.join('; ')}` }]
  await lab.clock.sleep(settledMs)
  let left: readonly Row[] = []
  let error = ''
  for (let round = 0; round < mostRounds; round++) {
    const worker = workers.next()
    const synced = await worker.call('iasql_sync', [true]).catch(said)
    const previewed = await worker.call('iasql_preview').catch(said)
    if (typeof previewed === 'string') return [{ name: 'stuck', what: `no plan: ${previewed}` }]
    left = previewed
    if (left.length === 0 && typeof synced !== 'string') return await checkPlan(worker)
    const applied = await worker.call('iasql_apply').catch(said)
    error = [synced, applied].filter((one) => typeof one === 'string').join('; ')
    if (typeof applied === 'string') await intervene(run)
    await lab.clock.sleep(settledMs)
  }
  const lines = left.map((row) => `${row.action} ${row.description} (${row.reason})`)
  return [{ name: 'stuck', what: `${lines.join(', ')}: ${error}` }]
}

const said = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Right after an apply, and after a sync, there is nothing to do. */
async function checkPlan(worker: Worker): Promise<readonly Violation[]> {
  const applied = await worker.call('iasql_apply')
  const synced = await worker.call('iasql_sync')
  const left = await worker.call('iasql_preview')
  const lines = [...applied, ...synced, ...left].map((row) => `${row.action} ${row.description}`)
  return lines.length === 0 ? [] : [{ name: 'plan not empty', what: lines.join(', ') }]
}

async function openOnes({ lab }: ModelRun): Promise<string> {
  const rows = await lab.platform.query<Row>(
    `SELECT execution_id, kind, state, fence, lease_until, memory FROM ${lab.tenant.schema}.iasql_execution_record
     WHERE ended_at IS NULL`,
  )
  return JSON.stringify(rows)
}

/** What only a person can decide: strangers in the way are asked to leave, and what cannot be made is given up. */
async function intervene(run: ModelRun): Promise<void> {
  const { lab, users } = run
  const { schema } = lab.tenant
  const failed = await lab.platform.query<{
    table_name: KindName
    row_id: number
    error: { message: string }
  }>(
    `SELECT table_name, row_id, error FROM ${schema}.iasql_change_record WHERE state = 'failed' AND execution_id =
       (SELECT max(execution_id) FROM ${schema}.iasql_execution_record WHERE kind = 'apply')`,
  )
  await makeAgain(run)
  await decideAll(run)
  for (const { table_name: table, row_id: rowId, error } of failed) {
    const blocker = /\b([a-z]{3}-[0-9a-f]{8}) (uses|is that already)/.exec(error?.message ?? '')?.[1]
    if (blocker !== undefined && (await removeStranger(run, blocker))) continue
    // Nobody here has what a stranger has put there, to make it anew elsewhere.
    if (!/refers to something|points at|is not kept here/.test(error?.message ?? '')) continue
    run.interventions += 1
    await users.remove(table, rowId).catch(() => undefined)
  }
}

/** What is gone in the cloud and needed here is wanted again: an edit says so. */
async function makeAgain({ lab }: ModelRun): Promise<void> {
  const missing = await lab.platform.query<{ table_name: KindName; row_id: number }>(
    `SELECT table_name, row_id FROM ${lab.tenant.schema}.iasql_missing`,
  )
  for (const { table_name: table, row_id: rowId } of missing) {
    if (!columnsOf(table).tags) continue
    await lab.user.run(
      `UPDATE ${table} SET tags = coalesce(tags, '{}') || '{"again": "${lab.clock.nowMs}"}' WHERE id = ${rowId}`,
    )
  }
}

/** Only what no row stands for. */
async function removeStranger({ lab, stranger }: ModelRun, id: string): Promise<boolean> {
  const thing = lab.cloud.world.things.get(id)
  const known = await lab.platform.query(
    `SELECT row_id FROM ${lab.tenant.schema}.iasql_resource WHERE cloud_id::text LIKE '%"${thing ? cloudIdOf(thing) : id}"%'`,
  )
  return known.length === 0 && stranger.leave(id)
}
