/** Opening one socket, signed in; and finding out why that was not possible. */
import { askTicket } from './ask-ticket.ts'
import { ClientError } from './client-error.ts'
import { subprotocol } from './messages.ts'

type Headers = Readonly<Record<string, string>>

export interface DoorOptions {
  readonly url: string
  /** An API token or a JWT. */
  readonly token?: string | undefined
  /** Fetches a ticket for the next socket; tickets are good for one. */
  readonly ticket?: (() => Promise<string>) | undefined
  /** Alias of the tenant, for who is a member of several. */
  readonly tenant?: string | undefined
  /** Of the HTTP API, which says why the socket is refused; default: the socket's own host. */
  readonly httpUrl?: string | undefined
  /** Opens a socket; default the global WebSocket, which sends `headers` in Node only. */
  readonly openSocket?: ((url: string, protocol: string, headers: Headers) => WebSocket) | undefined
}

/** `attach` gets the socket in the moment it is made: a refusal may be told at once, to whoever listens by then. */
export async function openSocket(options: DoorOptions, attach: (socket: WebSocket) => void): Promise<void> {
  const url = new URL(options.url)
  if (options.tenant !== undefined) url.searchParams.set('tenant', options.tenant)
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

/** A server that is there may still have to wake its database. */
const answerMs = 10_000
const wakingStatus = 202

const httpUrlOf = ({ url, httpUrl }: DoorOptions): string =>
  httpUrl ?? new URL(url.replace(/^ws/, 'http')).origin

/** `waking`: no socket opens before the database is awake. `unknown`: what answers there is no HTTP API of ours. */
type Health = 'waking' | 'awake' | 'unknown' | 'silent'

export async function askHealth(options: DoorOptions): Promise<Health> {
  try {
    const signal = AbortSignal.timeout(answerMs)
    const { ok, status } = await fetch(`${httpUrlOf(options)}/health`, { signal, redirect: 'error' })
    if (status === wakingStatus) return 'waking'
    return ok ? 'awake' : 'unknown'
  } catch {
    return 'silent'
  }
}

/** A WebSocket does not say why it failed to open; over HTTP the server says whether it is there, and what it refuses. */
export async function whyNot(options: DoorOptions): Promise<ClientError> {
  const { url, token, tenant } = options
  const httpUrl = httpUrlOf(options)
  try {
    if (token === undefined) {
      await fetch(`${httpUrl}/health`, { mode: 'no-cors', signal: AbortSignal.timeout(answerMs) })
    } else {
      const answer = await askTicket({ httpUrl, token, tenant, timeoutMs: answerMs })
      if (answer.kind === 'refused')
        return new ClientError('client/refused', answer.error.message, answer.error)
    }
    return new ClientError('client/refused', `The server at ${url} refuses the connection.`)
  } catch {
    return new ClientError('client/unreachable', `No server answers at ${url}.`)
  }
}
