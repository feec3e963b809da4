/** What a reader has not taken yet: counted, so that whoever fills it can hold back. */

export interface MessageQueue<Message> extends AsyncIterableIterator<Message> {
  /** `size` is in any unit the owner counts by. */
  push(message: Message, size: number): void
  /** No more comes: the reader ends, or throws `error`, after what is queued. */
  end(error?: Error): void
  readonly size: number
}

interface Item<Message> {
  readonly message: Message
  readonly size: number
  next?: Item<Message>
}

/** `taken` is called after each message that the reader took, `left` when the reader goes before the end. */
export function openQueue<Message>(taken: () => void, left: () => void): MessageQueue<Message> {
  let first: Item<Message> | undefined
  let last: Item<Message> | undefined
  let size = 0
  let ending: { readonly error?: Error } | undefined
  let reader: PromiseWithResolvers<IteratorResult<Message>> | undefined

  const take = (item: Item<Message>, to: PromiseWithResolvers<IteratorResult<Message>>): void => {
    first = item.next
    if (!first) last = undefined
    size -= item.size
    to.resolve({ done: false, value: item.message })
    taken()
  }
  const settle = (): void => {
    if (!reader || (!first && !ending)) return
    const to = reader
    reader = undefined
    if (first) take(first, to)
    else {
      if (ending?.error) to.reject(ending.error)
      else to.resolve({ done: true, value: undefined })
      // An error is told once; whoever asks again is at the end.
      ending = {}
    }
  }

  return {
    get size() {
      return size
    },
    push: (message, itemSize) => {
      if (ending) return
      const item = { message, size: itemSize }
      if (last) last.next = item
      else first = item
      last = item
      size += itemSize
      settle()
    },
    end: (error) => {
      ending ??= error ? { error } : {}
      settle()
    },
    next: () => {
      if (reader) return Promise.reject(new Error('A message is being waited for already.'))
      reader = Promise.withResolvers()
      const { promise } = reader
      settle()
      return promise
    },
    return: () => {
      first = undefined
      last = undefined
      size = 0
      if (!ending) left()
      ending = {}
      settle()
      return Promise.resolve({ done: true, value: undefined })
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
