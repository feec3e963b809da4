/** Stored events of a run, in pages that fit a result. */
import type { Json } from '#engine/model/json.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { fitting } from './paging.ts'

export async function readRunEvents(
  db: Queryable,
  { schema: t }: Tenant,
  runId: string,
  afterSeq: number,
): Promise<readonly { readonly seq: number; readonly body: Json }[]> {
  return db.query<{ seq: number; body: Json }>(
    `SELECT seq, body FROM (${fitting(
      `SELECT seq AS sort, seq, body FROM ${t}.iasql_event
       WHERE run_id = :runId::uuid AND seq > :afterSeq::bigint ORDER BY seq LIMIT 200`,
    )}) page ORDER BY seq`,
    { runId, afterSeq },
  )
}
