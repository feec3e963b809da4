/** What only a person can tell: which of several resources that look alike an unanswered call has made. */
import type { Row } from '#engine/model/json.ts'
import { tokensOf } from './tokens.ts'
import type { ModelRun } from './world.ts'

interface Undecided {
  readonly table_name: string
  readonly row_id: number
  readonly candidates: readonly string[]
  readonly is_standing: boolean
}

/** The one that carries a token of the row is its own; where a row is to be replaced by it, the others become rows instead. */
export async function decideAll(run: ModelRun): Promise<void> {
  const { lab, workers } = run
  const t = lab.tenant.schema
  const undecided = await lab.platform.query<Undecided & Row>(
    `SELECT i.table_name, i.row_id, i.candidates,
       EXISTS (SELECT FROM ${t}.iasql_resource r WHERE r.table_name = i.table_name AND r.row_id = i.row_id) AS is_standing
     FROM ${t}.iasql_intent i WHERE i.candidates IS NOT NULL ORDER BY i.table_name, i.row_id`,
  )
  const taken = new Set<string>()
  for (const { table_name: table, row_id: rowId, candidates, is_standing: isStanding } of undecided) {
    const tokens = tokensOf(lab.tenant.id, [`${table}/${rowId}`])
    const left = candidates.filter((id) => !taken.has(id) && lab.cloud.world.now(id))
    const own = left.find((id) => tokens.has(lab.cloud.world.things.get(id)?.token ?? '')) ?? left[0]
    run.interventions += 1
    for (const id of isStanding ? left.filter((one) => one !== own) : own ? [own] : []) {
      taken.add(id)
      await workers
        .next()
        .call('iasql_adopt', [table, id, null, null])
        .catch((error: unknown) => run.workers.errors.push(String(error)))
    }
  }
}
