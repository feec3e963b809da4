/** Events of topics: committed rows first, then messages to whoever subscribed. */
import { IasqlError } from '#engine/model/error.ts'
import type { JsonObject } from '#engine/model/json.ts'
import type { Queryable } from '#postgres/database.ts'
import { findSubscribers } from '#postgres/statements/subscription-find.ts'
import { insertTopicEvents } from '#postgres/statements/topic-append.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { Topic, TopicMessage } from '#websocket/messages.ts'
import { inTurn } from '../events/in-turn.ts'
import type { Ports } from '../ports.ts'
import { directoryOf } from '../tenant/cell.ts'
import { postTopicMessages } from './post-topic-messages.ts'

export interface TopicNews {
  readonly topic: Topic
  readonly events: readonly { readonly kind: string; readonly body: JsonObject }[]
}

/** Stored, to be posted once the transaction is committed. */
export type StoredNews = readonly TopicMessage[]

/** Bytes of one body, so that it can be read back as one row. */
const bodyBytes = 48 * 1024

/**
 * Stores as the last thing of the transaction that the news is of: it is committed with it, or not at all.
 * @throws IasqlError `system/internal` for a body above 48 KiB
 */
export async function storeNews(
  db: Queryable,
  tenant: Tenant,
  { topic, events }: TopicNews,
): Promise<StoredNews> {
  if (events.length === 0) return []
  if (events.some(({ body }) => Buffer.byteLength(JSON.stringify(body)) > bodyBytes))
    throw new IasqlError('system/internal', `an event of topic ${topic} is larger than 48 KiB`)
  const places = await insertTopicEvents(db, tenant, { topic, events })
  return places.map(({ seq, at }, index) => {
    const { kind = '', body = {} } = events[index] ?? {}
    return { type: 'topic', topic, seq, at, kind, body }
  })
}

/**
 * Posts what is committed; never fails. Subscribers are looked up after the commit: one that registers later reads the
 * rows itself, so none is missed between the two.
 */
export async function postNews(ports: Ports, tenant: Tenant, messages: StoredNews): Promise<void> {
  const topic = messages[0]?.topic
  if (topic === undefined) return
  await inTurn(ports.connections, `${tenant.id}/${topic}`, async () => {
    try {
      const subscribers = await findSubscribers(directoryOf(ports), tenant, topic)
      await Promise.all(subscribers.map((connectionId) => postTopicMessages(ports, connectionId, messages)))
    } catch (error) {
      ports.log('warn', 'news of a topic could not be posted', { tenantId: tenant.id, topic, error })
    }
  })
}
