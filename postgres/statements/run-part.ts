/** Pieces of a long text, stored in whatever order they come. */
import type { Database, Queryable } from '../database.ts'
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
  readonly actor: string
  readonly role: string
  /** Null of a run that came in one message. */
  readonly part_count: number | null
  readonly parts_received: number
  readonly bytes_received: number
}

/**
 * Rises once a part, whoever sends it again; the row of the run, locked first, puts concurrent parts in order. A run that
 * the part does not belong to stays as it is: the answer tells why.
 */
export async function insertRunPart(db: Queryable, tenant: Tenant, part: NewPart): Promise<ReceivedParts> {
  for (;;) {
    const received = await addRunPart(db, tenant, part)
    if (received) return received
    await beginReceiving(db, tenant, part)
  }
}

async function addRunPart(
  db: Queryable,
  { schema: t }: Tenant,
  { runId, actor, role, place, count, text, bytes }: NewPart,
): Promise<ReceivedParts | undefined> {
  const rows = await db.query<ReceivedParts>(
    `WITH run AS (
       SELECT state = 'receiving' AND actor = :actor AND role = :role AND part_count = :count::int
         AND :place::int < :count::int AS fits
       FROM ${t}.iasql_run WHERE run_id = :runId::uuid FOR UPDATE),
     part AS (
       INSERT INTO ${t}.iasql_run_part (run_id, place, text)
       SELECT :runId::uuid, :place::int, :text FROM run WHERE fits
       ON CONFLICT DO NOTHING RETURNING place)
     UPDATE ${t}.iasql_run r SET parts_received = r.parts_received + added.n,
       bytes_received = r.bytes_received + added.n * :bytes::bigint
     FROM (SELECT count(*) AS n FROM part) added WHERE r.run_id = :runId::uuid
     RETURNING r.state, r.actor, r.role, r.part_count, r.parts_received, r.bytes_received`,
    { runId, actor, role, place, count, text, bytes },
  )
  return rows[0]
}

async function beginReceiving(
  db: Queryable,
  { schema: t }: Tenant,
  { runId, actor, role, connectionId, options, count }: NewPart,
): Promise<void> {
  await db.run(
    `INSERT INTO ${t}.iasql_run (run_id, actor, role, connection_id, state, options, settings, listeners, part_count)
     SELECT :runId::uuid, :actor, :role, :connectionId, 'receiving', :options::jsonb,
       coalesce((SELECT c.settings FROM iasql_platform.connection c WHERE c.connection_id = :connectionId), '{}'),
       jsonb_build_array(:connectionId::text), :count::int
     ON CONFLICT (run_id) DO NOTHING`,
    { runId, actor, role, connectionId, count, options: JSON.stringify(options) },
  )
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
      `SELECT p.text FROM ${t}.iasql_run_part p JOIN ${t}.iasql_run r USING (run_id)
       WHERE p.run_id = :runId::uuid AND p.place >= :from::int AND p.place < coalesce(r.part_count, 1)
       ORDER BY p.place LIMIT ${partsAPage}`,
      { runId, from: texts.length },
    )
    texts.push(...page.map((row) => row.text))
    if (page.length < partsAPage) return texts
  }
}

export interface AcceptedRun {
  readonly runId: string
  readonly state: string
  readonly events: string
  readonly eventCount: number
}

/** The receiving ends, by all parts being there or before that: who follows, or undefined when it had ended already. */
export async function acceptReceivedRun(
  db: Database,
  { schema: t }: Tenant,
  run: AcceptedRun,
): Promise<readonly string[] | undefined> {
  return db.transaction(async (transaction) => {
    // A statement of its own: the next one then sees, and deletes, what a part that held the lock has stored.
    await transaction.query(`SELECT run_id FROM ${t}.iasql_run WHERE run_id = :runId::uuid FOR UPDATE`, {
      runId: run.runId,
    })
    const rows = await transaction.query<{ listeners: readonly string[] }>(
      `WITH run AS (
         UPDATE ${t}.iasql_run SET state = :state, last_seq = :eventCount::int,
           ended_at = CASE WHEN :state <> 'accepted' THEN clock_timestamp() END
         WHERE run_id = :runId::uuid AND state = 'receiving' RETURNING run_id, listeners),
       part AS (
         DELETE FROM ${t}.iasql_run_part USING run WHERE iasql_run_part.run_id = run.run_id AND :state <> 'accepted'),
       event AS (
         INSERT INTO ${t}.iasql_event (run_id, seq, kind, body)
         SELECT run.run_id, item.place, item.value->>'type', item.value
         FROM run, jsonb_array_elements(:events::jsonb) WITH ORDINALITY AS item (value, place))
       SELECT listeners FROM run`,
      { ...run },
    )
    return rows[0]?.listeners
  })
}
