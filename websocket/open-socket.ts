/** Opening one socket, signed in; and finding out why that was not possible. */
import { ClientError } from './client-error.ts'
import { subprotocol } from './messages.ts'

type Headers = Readonly<Record<string, string>>

export interface DoorOptions {
  readonly url: string
  readonly token?: string | undefined
  /** Fetches a ticket for the next socket; tickets are good for one. */
  readonly ticket?: (() => Promise<string>) | undefined
  /** Opens a socket; default the global WebSocket, which sends `headers` in Node only. */
  readonly openSocket?: ((url: string, protocol: string, headers: Headers) => WebSocket) | undefined
}

/** `attach` gets the socket in the moment it is made: a refusal may be told at once, to whoever listens by then. */
export async function openSocket(options: DoorOptions, attach: (socket: WebSocket) => void): Promise<void> {
  const url = new URL(options.url)
  if (options.ticket) url.searchParams.set('ticket', await options.ticket())
  const headers: Headers = options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }
  attach((options.openSocket ?? globalSocket)(url.href, subprotocol, headers))
}

function globalSocket(url: string, protocol: string, headers: Headers): WebSocket {
  if (Object.keys(headers).length === 0) return new WebSocket(url, protocol)
  // Node's own WebSocket takes headers here. A browser's does not and throws: it signs in by ticket.
  const options = { protocols: [protocol], headers } as unknown as string[]
  return new WebSocket(url, options)
}

/** A WebSocket does not say why it failed to open; whether anything answers over HTTP tells the two cases apart. */
export async function whyNot(url: string): Promise<ClientError> {
  const health = new URL('/health', url.replace(/^ws/, 'http'))
  try {
    await fetch(health, { mode: 'no-cors', signal: AbortSignal.timeout(2_000) })
    return new ClientError('client/refused', `The server at ${url} refuses the connection.`)
  } catch {
    return new ClientError('client/unreachable', `No server answers at ${url}.`)
  }
}
