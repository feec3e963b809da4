/** What the page asks over HTTPS: configuration, health, tickets, and to become the first owner. */
import { askTicket } from '#websocket/ask-ticket.ts'
import { ClientError } from '#websocket/client-error.ts'

export interface Configuration {
  readonly socketUrl: string
  readonly httpUrl: string
  readonly issuer?: string
  readonly audience?: string
}

type Fetch = typeof fetch

/** What was refused, in words for people. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError'
}

/** The server's own words, but where its advice is for programs. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof ClientError)) return error instanceof Error ? error.message : String(error)
  const { message, answer } = error
  const hint = answer?.code === 'auth/refused' ? 'Was it copied whole?' : answer?.hint
  return [message, hint].filter(Boolean).join(' ')
}

export async function loadConfiguration(get: Fetch): Promise<Configuration> {
  const response = await get('config.json')
  if (!response.ok) throw new RefusedError('This page has no configuration: deploy again.')
  return response.json()
}

export type Health = { readonly kind: 'well' } | { readonly kind: 'ill'; readonly why: string }

/** A database that sleeps is woken by the question, which takes about 15 seconds. */
export async function askHealth(get: Fetch, { httpUrl }: Configuration): Promise<Health> {
  try {
    const { ok, status } = await getAwake(get, `${httpUrl}/health`)
    if (status === stillAsleep) return { kind: 'ill', why: 'The database is still waking up.' }
    return ok ? { kind: 'well' } : { kind: 'ill', why: `It answers with status ${status}.` }
  } catch {
    return { kind: 'ill', why: 'Nothing answers.' }
  }
}

/** Asks again while the database wakes up. */
async function getAwake(get: Fetch, url: string): Promise<Response> {
  const untilMs = Date.now() + wakingMs
  for (;;) {
    const response = await get(url, { signal: AbortSignal.timeout(30_000) })
    if (response.status !== stillAsleep || Date.now() >= untilMs) return response
    const seconds = Number(response.headers?.get('retry-after')) || 3
    await new Promise((resolve) => setTimeout(resolve, seconds * 1_000))
  }
}

const stillAsleep = 202
/** The longest that one takes, with time to spare. */
const wakingMs = 120_000

export interface Bearer {
  /** An API token or a JWT. */
  readonly token: string
  /** Alias of the tenant, for who is a member of several. */
  readonly tenant?: string | undefined
}

/** Good for one socket, within a minute. Refuses as the socket's client takes it: anything else it would take for a lost line. */
export async function fetchTicket({ httpUrl }: Configuration, bearer: Bearer): Promise<string> {
  const answer = await askTicket({ httpUrl, ...bearer })
  if (answer.kind === 'ticket') return answer.ticket
  if (answer.kind === 'refused') throw new ClientError('client/refused', answer.error.message, answer.error)
  throw new ClientError('client/refused', `What answers at ${httpUrl} is not iasql.`)
}

interface FirstOwner {
  readonly secret: string
  /** Of who signed in at an issuer. */
  readonly jwt?: string | undefined
}

/** Gives a token where people sign in by token; who signed in elsewhere is owner from now on. */
export async function becomeFirstOwner(
  get: Fetch,
  { httpUrl }: Configuration,
  { secret, jwt }: FirstOwner,
): Promise<string | undefined> {
  const response = await get(`${httpUrl}/first-owner`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(jwt === undefined ? {} : { authorization: `Bearer ${jwt}` }),
    },
    body: JSON.stringify({ secret }),
  }).catch(() => {
    throw new RefusedError('Nothing answers. Try again: a secret that was used before says so.')
  })
  const answer: { token?: string; message?: string; hint?: string } = await response.json().catch(() => ({}))
  if (response.ok) return answer.token
  const words = [answer.message, answer.hint].filter(Boolean).join(' ')
  throw new RefusedError(words || `Refused (${response.status}).`)
}
