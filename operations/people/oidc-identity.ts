/** The issuer of JWTs: found by its discovery document, its keys cached, nothing of a token believed before its signature. */
import type { JWTPayload, JWTVerifyGetKey } from 'jose'
import { IasqlError } from '#engine/model/error.ts'
import type { Identity, Person } from '../ports.ts'

export interface IssuerSettings {
  /** As the `iss` claim has it; discovery is below it. */
  readonly issuer: string
  /** Any of them: client ids or API names that tokens must be for. */
  readonly audiences: readonly string[]
}

type Jose = typeof import('jose')

/** Signatures by keys of the issuer alone: a shared secret, or none, would let anybody make tokens. */
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']
/** How far clocks may be apart. */
const clockToleranceSeconds = 30
const answerMs = 5_000
/** Larger ones fit no header of API Gateway. */
const mostCharacters = 10_000

/**
 * @see https://openid.net/specs/openid-connect-discovery-1_0.html
 * @example const identity = oidcIdentity({ issuer: 'https://login.example.com', audiences: ['iasql'] })
 */
export function oidcIdentity(settings: IssuerSettings): Identity {
  let opening: Promise<JWTVerifyGetKey> | undefined
  const keys = (jose: Jose): Promise<JWTVerifyGetKey> => {
    opening ??= discover(jose, settings.issuer).catch((error: unknown) => {
      opening = undefined
      throw error
    })
    return opening
  }
  return {
    verify: async (jwt) => {
      if (jwt.length > mostCharacters) throw refused('it is too long')
      // Only those who sign people in load it.
      const jose = await import('jose')
      const keySet = await keys(jose)
      try {
        const { payload } = await jose.jwtVerify(jwt, keySet, {
          issuer: settings.issuer,
          algorithms,
          clockTolerance: clockToleranceSeconds,
          requiredClaims: ['sub', 'exp'],
        })
        return personOf(payload, settings)
      } catch (error) {
        throw whyNot(jose, error, settings)
      }
    },
  }
}

async function discover(jose: Jose, issuer: string): Promise<JWTVerifyGetKey> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(answerMs), redirect: 'error' })
    if (!response.ok) throw new Error(`status ${response.status}`)
    const found = (await response.json()) as { readonly issuer?: unknown; readonly jwks_uri?: unknown }
    // A document of another issuer would lead to keys of somebody else.
    if (found.issuer !== issuer) throw new Error(`it is that of ${String(found.issuer)}`)
    if (typeof found.jwks_uri !== 'string' || !isSafe(found.jwks_uri))
      throw new Error('it names no safe jwks_uri')
    return jose.createRemoteJWKSet(new URL(found.jwks_uri), {
      timeoutDuration: answerMs,
      cacheMaxAge: 600_000,
      // Tokens with made-up key ids do not make us ask more often.
      cooldownDuration: 30_000,
    })
  } catch (error) {
    throw unreachable(issuer, `its discovery document cannot be used: ${reasonOf(error)}`, error)
  }
}

/** Keys come over TLS, or from this machine. */
const isSafe = (text: string): boolean => {
  const url = URL.parse(text)
  if (url === null) return false
  return url.protocol === 'https:' || ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)
}

function personOf(payload: JWTPayload, { audiences }: IssuerSettings): Person {
  if (!audiencesOf(payload).some((one) => audiences.includes(one)))
    throw refused('it is for somebody else (aud)')
  const { sub, exp, email, email_verified: verified } = payload
  if (typeof sub !== 'string' || sub === '' || sub.length > 255 || hasControls(sub))
    throw refused('its sub is no name')
  const isVerified = verified === true || verified === 'true'
  return {
    subject: sub,
    expiresAt: new Date((Number(exp) + clockToleranceSeconds) * 1_000),
    ...(isVerified && typeof email === 'string' && isAddress(email) ? { email: email.toLowerCase() } : {}),
  }
}

/** Cognito's access tokens name whom they are for as `client_id` and have no `aud`. */
function audiencesOf({ aud, client_id: clientId, token_use: use }: JWTPayload): readonly string[] {
  if (aud !== undefined) return [aud].flat()
  return use === 'access' && typeof clientId === 'string' ? [clientId] : []
}

const hasControls = (text: string): boolean => /\p{Cc}/u.test(text)
const isAddress = (text: string): boolean => /^[^\s@]{1,64}@[^\s@]{1,190}$/.test(text) && !hasControls(text)

const refused = (why: string): IasqlError =>
  new IasqlError('auth/refused', `The JWT is refused: ${why}.`, {
    hint: 'Sign in again, and send the token of this deployment’s client.',
  })

const unreachable = (issuer: string, why: string, cause: unknown): IasqlError =>
  new IasqlError('auth/issuer', `The issuer ${issuer} could not be asked: ${why}.`, { cause })

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** What jose says, in our words: none of them holds a part of the token. */
function whyNot({ errors }: Jose, error: unknown, { issuer }: IssuerSettings): unknown {
  if (error instanceof IasqlError) return error
  if (error instanceof errors.JWTExpired) return new IasqlError('auth/expired', 'The JWT has expired.')
  if (error instanceof errors.JWTClaimValidationFailed)
    return refused(`its claim ${error.claim} does not hold`)
  if (error instanceof errors.JOSEAlgNotAllowed) return refused('its alg is not allowed')
  if (error instanceof errors.JWSSignatureVerificationFailed || error instanceof errors.JWKSNoMatchingKey)
    return refused('no key of the issuer signed it')
  if (
    error instanceof errors.JWTInvalid ||
    error instanceof errors.JWSInvalid ||
    error instanceof errors.JOSENotSupported
  )
    return refused('it is malformed')
  return unreachable(issuer, reasonOf(error), error)
}
