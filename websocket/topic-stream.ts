/** Pushed events of one topic, each once and in order, over any number of sockets. */
import type { ClientError } from './client-error.ts'
import { openQueue } from './message-queue.ts'
import type { ClientMessage, Topic, TopicMessage } from './messages.ts'
import { openSequence, type Sequence } from './sequence.ts'

export interface TopicInbox {
  readonly stream: AsyncIterableIterator<TopicMessage>
  receive(message: TopicMessage): void
  /** The server follows with what comes after `seq`. */
  subscribed(seq: number): void
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

/** How long what is missing may still be on its way before it is asked for again. */
const gapMs = 1_000

export function openTopic({ topic, afterSeq, send, over }: TopicSettings): TopicInbox {
  let sequence: Sequence<TopicMessage> | undefined =
    afterSeq === undefined ? undefined : openSequence(afterSeq)
  let timer: ReturnType<typeof setTimeout> | undefined
  const begin = (): void =>
    send({ action: 'subscribe', topic, ...(sequence ? { afterSeq: sequence.last } : {}) })
  const watchGap = (): void => {
    clearTimeout(timer)
    if (!sequence?.hasGap) return
    timer = setTimeout(() => {
      begin()
      watchGap()
    }, gapMs)
  }
  const queue = openQueue<TopicMessage>(
    () => {},
    () => {
      clearTimeout(timer)
      send({ action: 'unsubscribe', topic })
      over()
    },
  )
  return {
    stream: queue,
    receive: (message) => {
      const hadGap = sequence?.hasGap ?? false
      sequence ??= openSequence(message.seq - 1)
      const ready = sequence.accept(message)
      for (const next of ready) queue.push(next, 1)
      if (ready.length > 0 || !hadGap) watchGap()
    },
    subscribed: (seq) => {
      // Beyond what was seen: events in between are not kept any more, so nobody waits for them.
      if (sequence && seq <= sequence.last) return
      const hadEarly = sequence?.hasGap ?? false
      sequence = openSequence(seq)
      watchGap()
      if (hadEarly) begin()
    },
    begin,
    end: (error) => {
      clearTimeout(timer)
      queue.end(error)
      over()
    },
  }
}
