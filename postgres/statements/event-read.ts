/** Stored events of a run, in pages that fit a result. */
import type { Json } from '#engine/model/json.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { mostOnceMinutes } from './event-once.ts'
import { fitting } from './paging.ts'

export interface ReadEvent {
  readonly seq: number
  readonly body: Json
  /** What is shown once may still be shown. */
  readonly is_fresh: boolean
}

export async function readRunEvents(
  db: Queryable,
  { schema: t }: Tenant,
  runId: string,
  afterSeq: number,
): Promise<readonly ReadEvent[]> {
  return db.query<ReadEvent>(
    `SELECT seq, body, is_fresh FROM (${fitting(
      `SELECT seq AS sort, seq, body,
         at > clock_timestamp() - make_interval(mins => ${mostOnceMinutes}) AS is_fresh FROM ${t}.iasql_event
       WHERE run_id = :runId::uuid AND seq > :afterSeq::bigint ORDER BY seq LIMIT 200`,
    )}) page ORDER BY seq`,
    { runId, afterSeq },
  )
}
