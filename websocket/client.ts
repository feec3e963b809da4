/** The client of the protocol, for Node and browsers: runs that survive their sockets. */
import { byteLength, sqlMessages } from './chunk-sql.ts'
import { ClientError } from './client-error.ts'
import { encodeMessage } from './codec.ts'
import { type Inboxes, openInboxes } from './inboxes.ts'
import { type Link, type LinkOptions, SocketLink } from './link.ts'
import {
  type RunOptions,
  runBytes,
  type ServiceNotice,
  type Topic,
  type TopicMessage,
  wakingNotice,
} from './messages.ts'
import type { Page } from './pages.ts'
import type { RunStream } from './run-stream.ts'

export interface IasqlClient {
  /**
   * Runs one or more statements. Rows a reader does not take are not kept beyond about 16 MiB: the client lets the rest
   * go and asks for it again when the reader has caught up, so memory stays flat for any reader.
   */
  run(sql: string, options?: RunOptions & { readonly runId?: string }): RunStream
  /** Follows a run that was started elsewhere, from the message after `afterSeq`. */
  resume(runId: string, afterSeq?: number): RunStream
  /** Cancels a run of the tenant, of this client or another; `stream.cancel()` also survives a lost socket. */
  cancel(runId: string): void
  /** The rows after `cursor` of a result that was cut at `maxRows`. */
  more(runId: string, statement: number, cursor: string): Promise<Page>
  /** Events of a topic after `afterSeq` (absent: from now on) until the loop is left. */
  subscribe(topic: Topic, afterSeq?: number): AsyncIterableIterator<TopicMessage>
  close(): void
}

export type ConnectOptions = Pick<
  LinkOptions,
  'url' | 'token' | 'ticket' | 'tenant' | 'httpUrl' | 'openSocket'
> &
  Partial<Pick<LinkOptions, 'connectMs' | 'reconnectMs' | 'pingMs'>> & {
    /** Told what the service has to say while it cannot answer yet. */
    readonly onNotice?: ((notice: ServiceNotice) => void) | undefined
  }

/**
 * Opens a connection; rejects with a ClientError when there is none to be had. A database that sleeps is waited for, for up to
 * two minutes, and `onNotice` is told. A lost connection is opened again for `reconnectMs` (30 s), then every open stream throws `client/unreachable` or `client/refused`.
 * A browser gives `ticket`, a program `token`.
 * @example
 * const client = await connect({ url: 'ws://127.0.0.1:8088/', token })
 * for await (const message of client.run('SELECT 1')) if (message.type === 'rows') console.log(message.rows)
 * client.close()
 */
export async function connect(options: ConnectOptions): Promise<IasqlClient> {
  if (!URL.canParse(options.url))
    throw new ClientError('client/unreachable', `“${options.url}” is not a URL.`)
  const opened = Promise.withResolvers<void>()
  const { onNotice = () => {} } = options
  const inboxes = openInboxes((message) => link.send(encodeMessage(message)), {
    signedOut: (error) => link.signedOut(error),
    noticed: onNotice,
  })
  const ending: Ending = {}
  const end = (error: ClientError): void => {
    ending.error ??= error
    opened.reject(error)
    inboxes.end(error)
  }
  const link: Link = new SocketLink(
    { connectMs: 0, reconnectMs: 30_000, pingMs: 290_000, ...options },
    {
      opened: () => {
        opened.resolve()
        inboxes.begin()
      },
      received: (text) => inboxes.receive(text),
      waking: () => onNotice(wakingNotice),
      failed: end,
    },
  )
  await opened.promise
  return clientOf(link, inboxes, {
    ending,
    close: () => {
      link.close()
      end(new ClientError('client/closed', 'The client was closed.'))
    },
  })
}

/** As the server would answer. */
const tooLarge = {
  code: 'protocol/too-large',
  sqlstate: '54000',
  message: 'One run takes 4 MiB of SQL; send several runs.',
} as const

/** Set once the connection is gone for good. */
interface Ending {
  error?: ClientError
}

function clientOf(
  link: Link,
  inboxes: Inboxes,
  { ending, close }: { readonly ending: Ending; readonly close: () => void },
): IasqlClient {
  const unlessEnded = <Inbox extends { end(error: ClientError): void }>(inbox: Inbox): Inbox => {
    if (ending.error) inbox.end(ending.error)
    return inbox
  }
  return {
    run: (sql, { runId = crypto.randomUUID(), ...runOptions } = {}) => {
      if (byteLength(sql) > runBytes) throw new ClientError('client/rejected', tooLarge.message, tooLarge)
      return unlessEnded(inboxes.run(runId, sqlMessages(runId, sql, runOptions), 0)).stream
    },
    resume: (runId, afterSeq = 0) => unlessEnded(inboxes.run(runId, [], afterSeq)).stream,
    cancel: (runId) => link.send(encodeMessage({ action: 'cancel', runId })),
    more: (runId, statement, cursor) =>
      ending.error ? Promise.reject(ending.error) : inboxes.pages.ask(runId, statement, cursor),
    subscribe: (topic, afterSeq) => unlessEnded(inboxes.topic(topic, afterSeq)).stream,
    close,
  }
}
