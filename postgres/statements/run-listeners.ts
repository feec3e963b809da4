/** The connections that a run's events are posted to as they are made. */
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

export interface JoinedRun {
  /** Whether the connection now gets what comes; false when something after `afterSeq` is still to be replayed. */
  readonly joined: boolean
  readonly ended: boolean
}

/**
 * Joins if nothing was stored after `afterSeq`, else leaves until that is replayed. The row's lock decides between this
 * and the writer, so that every event is either replayed or posted, and never before the ones before it.
 * Undefined when there is no such run, or it is not the actor's (null: anybody's).
 */
export async function joinRun(
  db: Queryable,
  { schema: t }: Tenant,
  {
    runId,
    connectionId,
    actor,
    afterSeq,
  }: {
    readonly runId: string
    readonly connectionId: string
    readonly actor: string | null
    readonly afterSeq: number
  },
): Promise<JoinedRun | undefined> {
  const rows = await db.query<JoinedRun>(
    `UPDATE ${t}.iasql_run SET listeners = CASE WHEN last_seq <= :afterSeq::bigint
       THEN (listeners - :connectionId::text) || jsonb_build_array(:connectionId::text)
       ELSE listeners - :connectionId::text END
     WHERE run_id = :runId::uuid AND actor = coalesce(:actor::text, actor)
     RETURNING last_seq <= :afterSeq::bigint AS joined, ended_at IS NOT NULL AS ended`,
    { runId, connectionId, actor, afterSeq },
  )
  return rows[0]
}

export async function leaveRun(
  db: Queryable,
  { schema: t }: Tenant,
  runId: string,
  connectionId: string,
): Promise<void> {
  await db.run(
    `UPDATE ${t}.iasql_run SET listeners = listeners - :connectionId::text WHERE run_id = :runId::uuid`,
    { runId, connectionId },
  )
}

export async function findRun(
  db: Queryable,
  { schema: t }: Tenant,
  runId: string,
  actor: string,
): Promise<{ readonly state: string; readonly listeners: readonly string[] } | undefined> {
  const rows = await db.query<{ state: string; listeners: readonly string[] }>(
    `SELECT state, listeners FROM ${t}.iasql_run WHERE run_id = :runId::uuid AND actor = :actor`,
    { runId, actor },
  )
  return rows[0]
}
