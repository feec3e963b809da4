/** An OpenID Connect issuer on this machine: real keys, a discovery document and a key set over HTTP, and the JWTs it signs. */
import { createHash, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import { exportJWK, generateKeyPair, type JWTHeaderParameters, type JWTPayload, SignJWT } from 'jose'
import { listening } from './listening.ts'

export const testAudience = 'iasql-test'

type Claims = { readonly [Name in keyof JWTPayload]: JWTPayload[Name] | undefined }

export interface TestIssuer {
  readonly url: string
  /** Requests so far, by path. */
  readonly asked: string[]
  /** Answers with this status from now on; 200 is healthy. */
  status: number
  /** Who sits before its pages; `undefined`: somebody who does not want to sign in. */
  visitor: Claims | undefined
  /** What the discovery document says otherwise. */
  discovery: Record<string, unknown>
  /** A JWT that is good for five minutes, unless the claims say otherwise; `undefined` leaves a claim out. */
  sign(claims: Claims, header?: Partial<JWTHeaderParameters>): Promise<string>
  /** From now on another key signs; the old one is in the key set no more. */
  rotate(): Promise<void>
  close(): Promise<void>
}

const newKey = async (id: string) => {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
  return { id, privateKey, jwk: { ...(await exportJWK(publicKey)), kid: id, alg: 'ES256', use: 'sig' } }
}

export async function startTestIssuer(): Promise<TestIssuer> {
  let key = await newKey('key-1')
  const asked: string[] = []
  const challenges = new Map<string, string | null>()
  /** Back to the page that sent them, with a code. */
  const authorize = (query: URLSearchParams): string => {
    const back = new URL(query.get('redirect_uri') ?? url)
    back.searchParams.set('state', query.get('state') ?? '')
    const code = randomUUID()
    challenges.set(code, query.get('code_challenge'))
    if (issuer.visitor) back.searchParams.set('code', code)
    else back.searchParams.set('error', 'access_denied')
    return back.href
  }
  const exchange = async (form: URLSearchParams): Promise<object> => {
    const proof = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url')
    const isProven = challenges.get(form.get('code') ?? '') === proof
    return isProven && issuer.visitor
      ? { id_token: await issuer.sign(issuer.visitor) }
      : { error: 'invalid_grant' }
  }
  const documentAt = async (path: string, request: IncomingMessage): Promise<object> => {
    switch (path) {
      case '/.well-known/openid-configuration':
        return {
          issuer: url,
          jwks_uri: `${url}/keys`,
          authorization_endpoint: `${url}/authorize`,
          token_endpoint: `${url}/token`,
          ...issuer.discovery,
        }
      case '/keys':
        return { keys: [key.jwk] }
      case '/token':
        return await exchange(new URLSearchParams((await request.toArray()).join('')))
      default:
        return {}
    }
  }
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    const { pathname, searchParams } = new URL(request.url ?? '/', url)
    response.statusCode = issuer.status
    response.setHeader('content-type', 'application/json')
    response.setHeader('access-control-allow-origin', '*')
    if (pathname === '/authorize') response.writeHead(302, { location: authorize(searchParams) }).end()
    else void documentAt(pathname, request).then((document) => response.end(JSON.stringify(document)))
  })
  const { url, stop } = await listening(server)
  const issuer: TestIssuer = {
    url,
    asked,
    status: 200,
    visitor: undefined,
    discovery: {},
    sign: (claims, header = {}) => {
      const now = Math.floor(Date.now() / 1_000)
      const all = { iss: url, aud: testAudience, sub: 'somebody', iat: now, exp: now + 300, ...claims }
      const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
      return new SignJWT(given)
        .setProtectedHeader({ alg: 'ES256', kid: key.id, ...header })
        .sign(key.privateKey)
    },
    rotate: async () => {
      key = await newKey(`${key.id}+`)
    },
    close: stop,
  }
  return issuer
}

/** As their ID token says it. */
export const personClaims = (name: string, email?: string): JWTPayload => ({
  sub: name,
  ...(email === undefined ? {} : { email, email_verified: true }),
})
