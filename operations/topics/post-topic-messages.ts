/** Messages of topics on their way to one client, in order. */
import type { SubscribedMessage, TopicMessage } from '#websocket/messages.ts'
import { closeConnection } from '../connection/close-connection.ts'
import type { Ports } from '../ports.ts'

/** A client that has gone is forgotten with its subscriptions; what one misses it finds by subscribing again. */
export async function postTopicMessages(
  ports: Ports,
  connectionId: string,
  messages: readonly (TopicMessage | SubscribedMessage)[],
): Promise<'sent' | 'gone' | 'failed'> {
  try {
    for (const message of messages) {
      if ((await ports.connections.post(connectionId, JSON.stringify(message))) === 'sent') continue
      await closeConnection(ports, connectionId)
      return 'gone'
    }
    return 'sent'
  } catch (error) {
    ports.log('warn', 'a message could not be posted', { connectionId, error })
    return 'failed'
  }
}
