/** A run comes into being with its text and first events in one statement; sent again, it is the same run. */
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

/** Of a text that came in part, nobody knows whether the rest will. */
export const isAtWork = (run: string): string => `${run}.ended_at IS NULL AND ${run}.state <> 'receiving'`

export interface NewRun {
  readonly runId: string
  readonly actor: string
  readonly role: string
  readonly connectionId: string
  /** The connection gets its events as they are made. */
  readonly isFollowed: boolean
  readonly options: object
  /** `accepted`, or an end state for a run that was refused or cancelled on arrival. */
  readonly state: string
  /** Encrypted text; null when there is nothing to run. */
  readonly text: string | null
  /** JSON array of the first events. */
  readonly events: string
  readonly eventCount: number
  /** How many runs may be open at once; absent: any number. */
  readonly mostOpen?: number | undefined
}

/** False when the run was there already, or too many are open. */
export async function insertRun(db: Queryable, { schema: t }: Tenant, run: NewRun): Promise<boolean> {
  const rows = await db.query<{ is_new: boolean }>(
    `WITH run AS (
       INSERT INTO ${t}.iasql_run
         (run_id, actor, role, connection_id, state, options, settings, listeners, last_seq, ended_at)
       SELECT :runId::uuid, :actor, :role, :connectionId, :state, :options::jsonb,
         coalesce((SELECT c.settings FROM iasql_platform.connection c WHERE c.connection_id = :connectionId), '{}'),
         CASE WHEN :isFollowed::boolean THEN jsonb_build_array(:connectionId::text) ELSE '[]' END, :eventCount::int,
         CASE WHEN :state <> 'accepted' THEN clock_timestamp() END
       WHERE CAST(:mostOpen AS bigint) IS NULL
         OR (SELECT count(*) FROM ${t}.iasql_run o WHERE ${isAtWork('o')}) < CAST(:mostOpen AS bigint)
       ON CONFLICT (run_id) DO NOTHING RETURNING run_id),
     part AS (
       INSERT INTO ${t}.iasql_run_part (run_id, place, text)
       SELECT run_id, 0, :text::text FROM run WHERE :text::text IS NOT NULL),
     event AS (
       INSERT INTO ${t}.iasql_event (run_id, seq, kind, body)
       SELECT run.run_id, item.place, item.value->>'type', item.value
       FROM run, jsonb_array_elements(:events::jsonb) WITH ORDINALITY AS item (value, place))
     SELECT count(*) > 0 AS is_new FROM run`,
    { ...run, mostOpen: run.mostOpen, options: JSON.stringify(run.options) },
  )
  return rows[0]?.is_new ?? false
}
