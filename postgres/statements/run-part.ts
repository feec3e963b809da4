/** Pieces of a long text, stored in whatever order they come. */
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

export interface NewPart {
  readonly runId: string
  readonly actor: string
  readonly role: string
  readonly connectionId: string
  readonly options: object
  readonly place: number
  readonly count: number
  /** Encrypted. */
  readonly text: string
  readonly bytes: number
}

export interface ReceivedParts {
  readonly state: string
  readonly part_count: number
  readonly parts_received: number
  readonly bytes_received: number
}

/** Rises once a part, whoever sends it again; the row of the run puts concurrent parts in order. */
export async function insertRunPart(
  db: Queryable,
  { schema: t }: Tenant,
  part: NewPart,
): Promise<ReceivedParts> {
  const rows = await db.query<ReceivedParts>(
    `WITH part AS (
       INSERT INTO ${t}.iasql_run_part (run_id, place, text) VALUES (:runId::uuid, :place::int, :text)
       ON CONFLICT DO NOTHING RETURNING place)
     INSERT INTO ${t}.iasql_run
       (run_id, actor, role, connection_id, state, options, settings, listeners, part_count, parts_received, bytes_received)
     SELECT :runId::uuid, :actor, :role, :connectionId, 'receiving', :options::jsonb,
       coalesce((SELECT c.settings FROM iasql_platform.connection c WHERE c.connection_id = :connectionId), '{}'),
       jsonb_build_array(:connectionId::text), :count::int, n, n * :bytes::bigint
     FROM (SELECT count(*) AS n FROM part) inserted
     ON CONFLICT (run_id) DO UPDATE SET
       parts_received = iasql_run.parts_received + excluded.parts_received,
       bytes_received = iasql_run.bytes_received + excluded.bytes_received
     RETURNING state, part_count, parts_received, bytes_received`,
    { ...part, options: JSON.stringify(part.options) },
  )
  return rows[0] as ReceivedParts
}

/** At 30 KiB of text a part, encrypted, this many fit one result. */
const partsAPage = 12

export async function readRunParts(
  db: Queryable,
  { schema: t }: Tenant,
  runId: string,
): Promise<readonly string[]> {
  const texts: string[] = []
  for (;;) {
    const page = await db.query<{ text: string }>(
      `SELECT text FROM ${t}.iasql_run_part WHERE run_id = :runId::uuid AND place >= :from::int
       ORDER BY place LIMIT ${partsAPage}`,
      { runId, from: texts.length },
    )
    texts.push(...page.map((row) => row.text))
    if (page.length < partsAPage) return texts
  }
}

export async function deleteRunParts(db: Queryable, { schema: t }: Tenant, runId: string): Promise<void> {
  await db.run(`DELETE FROM ${t}.iasql_run_part WHERE run_id = :runId::uuid`, { runId })
}

/** All parts are there: false when another invocation was first. */
export async function acceptReceivedRun(
  db: Queryable,
  { schema: t }: Tenant,
  run: {
    readonly runId: string
    readonly state: string
    readonly events: string
    readonly eventCount: number
  },
): Promise<boolean> {
  const rows = await db.query<{ is_new: boolean }>(
    `WITH run AS (
       UPDATE ${t}.iasql_run SET state = :state, last_seq = :eventCount::int,
         ended_at = CASE WHEN :state <> 'accepted' THEN clock_timestamp() END
       WHERE run_id = :runId::uuid AND state = 'receiving' RETURNING run_id),
     part AS (
       DELETE FROM ${t}.iasql_run_part USING run WHERE iasql_run_part.run_id = run.run_id AND :state <> 'accepted'),
     event AS (
       INSERT INTO ${t}.iasql_event (run_id, seq, kind, body)
       SELECT run.run_id, item.place, item.value->>'type', item.value
       FROM run, jsonb_array_elements(:events::jsonb) WITH ORDINALITY AS item (value, place))
     SELECT count(*) > 0 AS is_new FROM run`,
    run,
  )
  return rows[0]?.is_new ?? false
}
