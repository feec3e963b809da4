/** What the page asks over HTTPS: configuration, health, tickets, and to become the first owner. */

export interface Configuration {
  readonly socketUrl: string
  readonly httpUrl: string
  readonly issuer?: string
  readonly audience?: string
}

type Fetch = typeof fetch

/** What the server refused, in its own words. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError'
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
    const { ok, status } = await get(`${httpUrl}/health`, { signal: AbortSignal.timeout(30_000) })
    return ok ? { kind: 'well' } : { kind: 'ill', why: `It answers with status ${status}.` }
  } catch {
    return { kind: 'ill', why: 'Nothing answers.' }
  }
}

/** Good for one socket, within a minute. */
export async function fetchTicket(get: Fetch, { httpUrl }: Configuration, bearer: string): Promise<string> {
  const { ticket } = await post<{ ticket: string }>(get, `${httpUrl}/ticket`, { bearer })
  return ticket
}

/** Gives a token where people sign in by token; who signed in elsewhere is owner from now on. */
export async function becomeFirstOwner(
  get: Fetch,
  { httpUrl }: Configuration,
  { secret, bearer }: { readonly secret: string; readonly bearer?: string | undefined },
): Promise<string | undefined> {
  const { token } = await post<{ token?: string }>(get, `${httpUrl}/first-owner`, {
    bearer,
    body: { secret },
  })
  return token
}

interface Post {
  readonly bearer?: string | undefined
  readonly body?: object
}

async function post<Answer>(get: Fetch, url: string, { bearer, body = {} }: Post): Promise<Answer> {
  const response = await get(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
    },
    body: JSON.stringify(body),
  })
  const answer = await response.json().catch(() => ({}))
  if (response.ok) return answer
  throw new RefusedError(
    [answer.message, answer.hint].filter(Boolean).join(' ') || `Refused (${response.status}).`,
  )
}
