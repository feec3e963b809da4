/** All that a client has open: hands each message of the server to the run, page or topic it is for. */
import { ClientError, isFinal } from './client-error.ts'
import { decodeServerMessage } from './codec.ts'
import type { ClientMessage, RefusalMessage, ServerMessage, ServiceNotice, Topic } from './messages.ts'
import { openPages, type Pages } from './pages.ts'
import { openRun, type RunInbox } from './run-stream.ts'
import { openTopic, type TopicInbox } from './topic-stream.ts'

export interface Inboxes {
  run(runId: string, start: readonly ClientMessage[], afterSeq: number): RunInbox
  topic(topic: Topic, afterSeq: number | undefined): TopicInbox
  readonly pages: Pages
  /** One text message of the server. */
  receive(text: string): void
  /** Asks for all that has not come yet: after a new socket. */
  begin(): void
  end(error: ClientError): void
}

export interface InboxEvents {
  /** The server has ended the session, and closes the socket. */
  readonly signedOut: (error: ClientError) => void
  readonly noticed: (notice: ServiceNotice) => void
}

export function openInboxes(
  send: (message: ClientMessage) => void,
  { signedOut, noticed }: InboxEvents,
): Inboxes {
  const runs = new Map<string, RunInbox>()
  const topics = new Map<Topic, TopicInbox>()
  const pages = openPages(send)

  const refused = (message: RefusalMessage): void => {
    const { error: answer } = message
    if (isFinal(answer)) signedOut(new ClientError('client/refused', answer.message, answer))
    if (message.action === 'more') pages.refused(message)
    else if (message.runId !== undefined) runs.get(message.runId)?.refused(message)
    else if (message.action === 'subscribe') {
      const error = new ClientError('client/rejected', message.error.message, message.error)
      for (const topic of topics.values()) topic.end(error)
    }
  }
  const dispatch = (message: ServerMessage, size: number): void => {
    if (message.type === 'topic') topics.get(message.topic)?.receive(message)
    else if (message.type === 'subscribed') topics.get(message.topic)?.subscribed(message.seq)
    else if (message.type === 'page') pages.receive(message)
    else if ('seq' in message) runs.get(message.runId)?.receive(message, size)
    else if (message.type === 'error') refused(message)
    else if (message.type === 'notice') noticed(message)
  }

  return {
    run: (runId, start, afterSeq) => {
      const run = openRun({ runId, start, afterSeq, send, over: () => runs.delete(runId) })
      runs.set(runId, run)
      run.begin()
      return run
    },
    topic: (topic, afterSeq) => {
      const inbox = openTopic({ topic, afterSeq, send, over: () => topics.delete(topic) })
      topics.set(topic, inbox)
      inbox.begin()
      return inbox
    },
    pages,
    receive: (text) => {
      const message = decodeServerMessage(text)
      if (message) return dispatch(message, text.length)
      // The gateway's own "Internal server error" does not say which message failed: ask again for all that is open.
      for (const run of runs.values()) run.retry()
      pages.begin()
    },
    begin: () => {
      for (const inbox of [...runs.values(), ...topics.values(), pages]) inbox.begin()
    },
    end: (error) => {
      for (const inbox of [...runs.values(), ...topics.values(), pages]) inbox.end(error)
    },
  }
}
