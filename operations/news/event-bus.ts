/** News on EventBridge: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html. */
import type { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import type { News } from '../ports.ts'

/** What rules match on, beside the kind of the news. */
const source = 'iasql'

/** The client is loaded with the first news: most functions never have any. */
export function eventBus(name: string): News {
  let client: EventBridgeClient | undefined
  return {
    publish: async (kind, detail) => {
      const sdk = await import('@aws-sdk/client-eventbridge')
      client ??= new sdk.EventBridgeClient()
      const entry = { EventBusName: name, Source: source, DetailType: kind, Detail: JSON.stringify(detail) }
      const { FailedEntryCount = 0, Entries = [] } = await client.send(
        new sdk.PutEventsCommand({ Entries: [entry] }),
      )
      const [first] = Entries
      if (FailedEntryCount > 0) throw new Error(`${first?.ErrorCode}: ${first?.ErrorMessage}`)
    },
  }
}
