/** Stored events of a topic: where a subscriber stands among them, and what comes after. */
import type { Json } from '#engine/model/json.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { fitting } from './paging.ts'

export interface TopicPlace {
  /** What was asked for, moved to what there is: not before the oldest event that is kept, not behind the newest. */
  readonly after_seq: number
  readonly last_seq: number
}

export async function findTopicPlace(
  db: Queryable,
  { schema: t }: Tenant,
  { topic, afterSeq }: { readonly topic: string; readonly afterSeq: number | undefined },
): Promise<TopicPlace> {
  const rows = await db.query<TopicPlace>(
    `SELECT least(greatest(coalesce(:afterSeq::bigint, p.last_seq), p.oldest - 1), p.last_seq) AS after_seq, p.last_seq
     FROM (SELECT n.last_seq, coalesce(
         (SELECT min(seq) FROM ${t}.iasql_topic_event WHERE topic = :topic), n.last_seq + 1) AS oldest
       FROM (SELECT coalesce((SELECT last_seq FROM ${t}.iasql_topic WHERE topic = :topic), 0) AS last_seq) n) p`,
    { topic, afterSeq },
  )
  return rows[0] ?? { after_seq: 0, last_seq: 0 }
}

export interface TopicEventRow {
  readonly seq: number
  readonly at: string
  readonly kind: string
  readonly body: Json
}

/** A page of them that fits a result. */
export async function readTopicEvents(
  db: Queryable,
  { schema: t }: Tenant,
  range: { readonly topic: string; readonly afterSeq: number; readonly lastSeq: number },
): Promise<readonly TopicEventRow[]> {
  return db.query<TopicEventRow>(
    `SELECT seq, at, kind, body FROM (${fitting(
      `SELECT seq AS sort, seq, at, kind, body FROM ${t}.iasql_topic_event
       WHERE topic = :topic AND seq > :afterSeq::bigint AND seq <= :lastSeq::bigint ORDER BY seq LIMIT 200`,
    )}) page ORDER BY seq`,
    { ...range },
  )
}

/** Kind of the last event that was published of an execution. */
export async function lastExecutionEvent(
  db: Queryable,
  { schema: t }: Tenant,
  executionId: number,
): Promise<string | undefined> {
  const rows = await db.query<{ kind: string }>(
    `SELECT kind FROM ${t}.iasql_topic_event
     WHERE topic = 'executions' AND body->>'executionId' = :id ORDER BY seq DESC LIMIT 1`,
    { id: String(executionId) },
  )
  return rows[0]?.kind
}
