/** A cloud whose reads of queues can be made to lag, lie or fail, while the queues themselves stay as they are. */
import type { CloudApi, SdkCommandClass } from '#engine/model/cloud.ts'
import { IasqlError } from '#engine/model/error.ts'
import type { Cloud } from '#operations/ports.ts'

export class VeiledCloud {
  /** Names of queues that no list shows, though a read finds them. */
  readonly unlisted = new Set<string>()
  /** Names of queues that a read does not find, though a list may show them. */
  readonly unreadable = new Set<string>()
  /** Attributes as they were, which reads still show. */
  readonly stale = new Map<string, Readonly<Record<string, string>>>()
  /** Lists of queues break off after so many queues. */
  listsEndAfter = Number.POSITIVE_INFINITY
  areReadsDenied = false
  deniedRegion: string | undefined
  settleMs = 0

  hide(name: string): void {
    this.unlisted.add(name)
    this.unreadable.add(name)
  }

  reveal(): void {
    this.unlisted.clear()
    this.unreadable.clear()
    this.stale.clear()
    this.listsEndAfter = Number.POSITIVE_INFINITY
    this.areReadsDenied = false
    this.deniedRegion = undefined
    this.settleMs = 0
  }

  readonly wrap = (cloud: Cloud): Cloud => ({
    settleMs: () => this.settleMs,
    api: (client, place, signal) => {
      const api = cloud.api(client, place, signal)
      return {
        ...api,
        pages: (command, input, items) => this.#listed(place.region, api.pages(command, input, items)),
        send: async <Input extends object, Output extends object>(
          command: SdkCommandClass<Input, Output>,
          input: Input,
        ) => (await this.#sent(api, command as unknown as SdkCommand, input)) as Output,
      }
    },
  })

  async *#listed<Item>(region: string, items: AsyncIterable<Item>): AsyncIterable<Item> {
    if (region === this.deniedRegion) throw new IasqlError('cloud/denied', 'not allowed there')
    let count = 0
    for await (const item of items) {
      const isQueue = typeof item === 'string'
      if (isQueue && this.unlisted.has(nameIn(item))) continue
      if (isQueue && count++ >= this.listsEndAfter)
        throw new IasqlError('cloud/unreachable', 'the list broke off')
      yield item
    }
  }

  async #sent(api: CloudApi, command: SdkCommand, input: object): Promise<object> {
    const url = 'QueueUrl' in input && typeof input.QueueUrl === 'string' ? nameIn(input.QueueUrl) : ''
    if (command.name === 'GetQueueAttributesCommand') {
      if (this.areReadsDenied) throw new IasqlError('cloud/denied', 'reading is not allowed')
      if (this.unreadable.has(url)) throw new IasqlError('cloud/not-found', 'no such queue')
    }
    const output = await api.send(command, input)
    const stale = command.name === 'GetQueueAttributesCommand' ? this.stale.get(url) : undefined
    if (!stale || !('Attributes' in output)) return output
    return { ...output, Attributes: { ...(output.Attributes as object), ...stale } }
  }
}

type SdkCommand = SdkCommandClass<object, object>

const nameIn = (url: string): string => url.slice(url.lastIndexOf('/') + 1)
