/** A client wants a topic: registered first, then what it has not seen is read and sent, so that nothing falls between. */
import { insertSubscription } from '#postgres/statements/subscription-change.ts'
import { findTopicPlace, readTopicEvents } from '#postgres/statements/topic-read.ts'
import type { Topic, TopicMessage } from '#websocket/messages.ts'
import type { Session } from '../connection/session.ts'
import type { Ports } from '../ports.ts'
import { directoryOf } from '../tenant/cell.ts'
import { loadTenant } from '../tenant/load-tenant.ts'
import { postTopicMessages } from './post-topic-messages.ts'

/** What is published meanwhile may come before, between or twice: clients sort by `seq` and drop what they have seen. */
export async function subscribe(
  ports: Ports,
  { tenantId, connectionId }: Session,
  { topic, afterSeq }: { readonly topic: Topic; readonly afterSeq?: number },
): Promise<void> {
  const tenant = await loadTenant(ports, tenantId)
  await insertSubscription(directoryOf(ports), { connectionId, topic })
  const place = await findTopicPlace(ports.platform, tenant, { topic, afterSeq })
  let seq = place.after_seq
  let outcome = await postTopicMessages(ports, connectionId, [{ type: 'subscribed', topic, seq }])
  while (outcome === 'sent' && seq < place.last_seq) {
    const range = { topic, afterSeq: seq, lastSeq: place.last_seq }
    const events = await readTopicEvents(ports.platform, tenant, range)
    if (events.length === 0) return
    const messages = events.map((event): TopicMessage => ({ type: 'topic', topic, ...event }))
    outcome = await postTopicMessages(ports, connectionId, messages)
    seq = events.at(-1)?.seq ?? place.last_seq
  }
}
