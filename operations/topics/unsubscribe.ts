/** A client does not want a topic any more. */
import { deleteSubscription } from '#postgres/statements/subscription-change.ts'
import type { Topic } from '#websocket/messages.ts'
import type { Session } from '../connection/session.ts'
import type { Ports } from '../ports.ts'

export async function unsubscribe(
  { platform }: Pick<Ports, 'platform'>,
  { connectionId }: Session,
  { topic }: { readonly topic: Topic },
): Promise<void> {
  await deleteSubscription(platform, { connectionId, topic })
}
