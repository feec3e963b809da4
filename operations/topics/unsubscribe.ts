/** A client does not want a topic any more. */
import { deleteSubscription } from '#postgres/statements/subscription-change.ts'
import type { Topic } from '#websocket/messages.ts'
import type { Session } from '../connection/session.ts'
import type { Ports } from '../ports.ts'
import { directoryOf } from '../tenant/cell.ts'

export async function unsubscribe(
  ports: Pick<Ports, 'directory' | 'platform'>,
  { connectionId }: Session,
  { topic }: { readonly topic: Topic },
): Promise<void> {
  await deleteSubscription(directoryOf(ports), { connectionId, topic })
}
