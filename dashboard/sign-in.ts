/** Signing in at an OpenID Connect issuer from a page: authorization code with PKCE, and nothing kept but in this tab. */
import { RefusedError } from './api.ts'

export interface Issuer {
  readonly issuer: string
  /** The client's id. */
  readonly audience: string
}

export interface Surroundings {
  readonly fetch: typeof fetch
  readonly storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>
  /** Where the issuer sends people back to: this page, without query. */
  readonly pageUrl: string
}

interface Endpoints {
  readonly authorization_endpoint: string
  readonly token_endpoint: string
}

interface Pending {
  readonly state: string
  readonly verifier: string
}

const pendingKey = 'iasql-sign-in'

/** Where to send the browser. */
export async function beginSignIn({ issuer, audience }: Issuer, around: Surroundings): Promise<string> {
  const { authorization_endpoint } = await endpoints(issuer, around)
  const pending: Pending = { state: randomText(), verifier: randomText() }
  around.storage.setItem(pendingKey, JSON.stringify(pending))
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(pending.verifier))
  const url = new URL(authorization_endpoint)
  const query = {
    response_type: 'code',
    client_id: audience,
    redirect_uri: around.pageUrl,
    scope: 'openid email',
    state: pending.state,
    code_challenge: base64url(new Uint8Array(digest)),
    code_challenge_method: 'S256',
  }
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
  return url.href
}

/**
 * The ID token, when the browser has just come back; a state that is not ours is somebody else's doing and ignored.
 * @throws RefusedError in the words of the issuer
 */
export async function finishSignIn(
  { issuer, audience }: Issuer,
  query: URLSearchParams,
  around: Surroundings,
): Promise<string | undefined> {
  const kept = around.storage.getItem(pendingKey)
  if (query.get('state') === null || kept === null) return undefined
  around.storage.removeItem(pendingKey)
  const { state, verifier }: Pending = JSON.parse(kept)
  if (query.get('state') !== state) return undefined
  const code = query.get('code')
  if (code === null) throw refusal(Object.fromEntries(query))
  const { token_endpoint } = await endpoints(issuer, around)
  const response = await around.fetch(token_endpoint, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: audience,
      redirect_uri: around.pageUrl,
      code_verifier: verifier,
      code,
    }),
  })
  const answer: Readonly<Record<string, unknown>> = await response.json()
  if (typeof answer.id_token !== 'string') throw refusal(answer)
  return answer.id_token
}

/** RFC 6749, 4.1.2.1 and 5.2. */
const refusal = ({
  error,
  error_description: description,
}: Readonly<Record<string, unknown>>): RefusedError =>
  new RefusedError(`The issuer refuses to sign you in: ${description ?? error ?? 'it gave no token'}.`)

async function endpoints(issuer: string, around: Surroundings): Promise<Endpoints> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  const response = await around.fetch(url).catch(() => undefined)
  if (!response?.ok)
    throw new RefusedError(`The issuer ${issuer} does not answer. An API token works without it.`)
  return response.json()
}

const randomText = (): string => base64url(crypto.getRandomValues(new Uint8Array(32)))

const base64url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes)).replace(/[+/=]/g, (sign) => ({ '+': '-', '/': '_' })[sign] ?? '')
