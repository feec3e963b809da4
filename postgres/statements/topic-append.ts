/** Events of a topic become rows before they become messages: numbered under the lock of the topic's row. */
import type { JsonObject } from '#engine/model/json.ts'
import type { Queryable } from '../database.ts'
import type { Tenant } from '../tenant.ts'

export interface AppendedEvents {
  readonly topic: string
  readonly events: readonly { readonly kind: string; readonly body: JsonObject }[]
}

/** Number and time of each, in order. The lock is held until the transaction ends: this comes last in it. */
export async function insertTopicEvents(
  db: Queryable,
  { schema: t }: Tenant,
  { topic, events }: AppendedEvents,
): Promise<readonly { readonly seq: number; readonly at: string }[]> {
  return db.query<{ seq: number; at: string }>(
    `WITH topic AS (
       INSERT INTO ${t}.iasql_topic AS known (topic, last_seq) VALUES (:topic, :count::int)
       ON CONFLICT (topic) DO UPDATE SET last_seq = known.last_seq + excluded.last_seq
       RETURNING last_seq - :count::int AS before),
     event AS (
       INSERT INTO ${t}.iasql_topic_event (topic, seq, kind, body)
       SELECT :topic, topic.before + item.place, item.value->>'kind', item.value->'body'
       FROM topic, jsonb_array_elements(:events::jsonb) WITH ORDINALITY AS item (value, place)
       RETURNING seq, at)
     SELECT seq, at FROM event ORDER BY seq`,
    { topic, count: events.length, events: JSON.stringify(events) },
  )
}
