/** Pushed events of one topic, each once and in order, over any number of sockets. */
import type { ClientError } from './client-error.ts'
import { openQueue } from './message-queue.ts'
import type { ClientMessage, Topic, TopicMessage } from './messages.ts'
import { openSequence, type Sequence } from './sequence.ts'

export interface TopicInbox {
  readonly stream: AsyncIterableIterator<TopicMessage>
  receive(message: TopicMessage): void
  begin(): void
  end(error: ClientError): void
}

export interface TopicSettings {
  readonly topic: Topic
  /** Last event known; absent: from now on. */
  readonly afterSeq: number | undefined
  readonly send: (message: ClientMessage) => void
  readonly over: () => void
}

export function openTopic({ topic, afterSeq, send, over }: TopicSettings): TopicInbox {
  let sequence: Sequence<TopicMessage> | undefined =
    afterSeq === undefined ? undefined : openSequence(afterSeq)
  const begin = (): void =>
    send({ action: 'subscribe', topic, ...(sequence ? { afterSeq: sequence.last } : {}) })
  const queue = openQueue<TopicMessage>(
    () => {},
    () => {
      send({ action: 'unsubscribe', topic })
      over()
    },
  )
  return {
    stream: queue,
    receive: (message) => {
      sequence ??= openSequence(message.seq - 1)
      const ready = sequence.accept(message)
      for (const next of ready) queue.push(next, 1)
      if (ready.length === 0 && sequence.hasGap) begin()
    },
    begin,
    end: (error) => {
      queue.end(error)
      over()
    },
  }
}
