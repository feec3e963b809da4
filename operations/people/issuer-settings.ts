/** Which issuer a host believes, by the environment that both hosts share. */
import type { Identity } from '../ports.ts'
import { oidcIdentity } from './oidc-identity.ts'

/** Undefined where none is named. @throws Error that names the variable which makes no sense */
export function identityOf(environment: Readonly<Record<string, string | undefined>>): Identity | undefined {
  const { IASQL_OIDC_ISSUER: issuer, IASQL_OIDC_AUDIENCE: audience } = environment
  if (!issuer && !audience) return undefined
  if (!issuer || !audience) throw new Error('Set both IASQL_OIDC_ISSUER and IASQL_OIDC_AUDIENCE, or neither.')
  const url = URL.parse(issuer)
  const isLocal = url !== null && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)
  if (url === null || !(url.protocol === 'https:' || (url.protocol === 'http:' && isLocal)))
    throw new Error(`IASQL_OIDC_ISSUER is "${issuer}"; give the https URL of an OpenID Connect issuer.`)
  const audiences = audience
    .split(',')
    .map((one) => one.trim())
    .filter(Boolean)
  return oidcIdentity({ issuer, audiences })
}
