/** An OpenID Connect issuer on this machine: real keys, a discovery document and a key set over HTTP, and the JWTs it signs. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, type JWTHeaderParameters, type JWTPayload, SignJWT } from 'jose'

export const testAudience = 'iasql-test'

type Claims = { readonly [Name in keyof JWTPayload]: JWTPayload[Name] | undefined }

export interface TestIssuer {
  readonly url: string
  /** Requests so far, by path. */
  readonly asked: string[]
  /** Answers with this status from now on; 200 is healthy. */
  status: number
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
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    const documents: Record<string, object> = {
      '/.well-known/openid-configuration': { issuer: url, jwks_uri: `${url}/keys`, ...issuer.discovery },
      '/keys': { keys: [key.jwk] },
    }
    response.statusCode = issuer.status
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(documents[request.url ?? ''] ?? {}))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const issuer: TestIssuer = {
    url,
    asked,
    status: 200,
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
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return issuer
}

/** As their ID token says it. */
export const personClaims = (name: string, email?: string): JWTPayload => ({
  sub: name,
  ...(email === undefined ? {} : { email, email_verified: true }),
})
