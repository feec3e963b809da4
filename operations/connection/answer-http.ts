/** What is asked over HTTPS and not over the socket: health, tickets for browsers, and to become the first owner. */
import { IasqlError } from '#engine/model/error.ts'
import { becomeFirstOwner } from '../people/first-owner.ts'
import { signIn } from '../people/sign-in.ts'
import { limitFailures } from '../people/sign-in-failures.ts'
import { issueTicket } from '../people/tickets.ts'
import type { Ports } from '../ports.ts'
import { bearerIn, refuseForeign } from './authorize.ts'
import type { Door } from './door.ts'
import { isStillAsleep } from './still-asleep.ts'
import { unlessWaking } from './tell-waking.ts'
import { wireError } from './wire-error.ts'

export interface HttpRequest {
  readonly method: string
  readonly path: string
  readonly authorization: string | undefined
  readonly origin: string | undefined
  readonly body: string
  /** IP address of the client. */
  readonly address: string
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body?: object
}

type Route = (ports: Ports, request: HttpRequest, door: Door) => Promise<object>

const routes: Readonly<Record<string, { readonly method: 'GET' | 'POST'; readonly answer: Route }>> = {
  '/health': { method: 'GET', answer: health },
  '/ticket': { method: 'POST', answer: ticket },
  '/first-owner': { method: 'POST', answer: firstOwner },
}

/** Never throws: whatever goes wrong is an answer. */
export async function answerHttp(ports: Ports, request: HttpRequest, door: Door): Promise<HttpAnswer> {
  const headers = headersFor(request, door)
  const route = routes[request.path]
  if (!route) return { status: 404, headers, body: { message: 'Not Found' } }
  if (request.method === 'OPTIONS') return { status: isAllowed(request, door) ? 204 : 403, headers }
  if (request.method !== route.method)
    return { status: 405, headers, body: { message: 'Method Not Allowed' } }
  try {
    const body = await route.answer(ports, request, door)
    if (body !== waking) return { status: 200, headers, body }
    return { status: 202, headers: { ...headers, ...later(wakingSeconds) }, body }
  } catch (error) {
    const body = wireError(error, ports.log)
    const status = statuses[body.code] ?? 500
    if (status === 429) return { status, headers: { ...headers, ...later(60) }, body }
    return { status, headers: isStillAsleep(error) ? { ...headers, ...later(wakingSeconds) } : headers, body }
  }
}

const later = (seconds: number) => ({ 'retry-after': String(seconds) })
/** No failure: somebody who is told so at once can say so to people, and ask again. */
const waking = { status: 'waking' }
const wakingSeconds = 3

/** Whether the database answers, which wakes one that sleeps. */
async function health(ports: Ports): Promise<object> {
  const asked = await unlessWaking(ports, () => ports.platform.query('SELECT 1 AS one'))
  return asked === 'waking' ? waking : { status: 'ok' }
}

async function ticket(ports: Ports, request: HttpRequest, door: Door): Promise<object> {
  refuseForeign({ ...request, ...door })
  const text = bearerIn(request.authorization)
  if (text === undefined)
    throw new IasqlError('auth/refused', 'The request has no Authorization: Bearer … header.')
  const { tenant } = fieldsOf(request)
  const { address, origin } = request
  const signedIn = await limitFailures(ports, { address, shown: text }, () => signIn(ports, { text, tenant }))
  return await issueTicket(ports, signedIn, { origin, room: door.room })
}

async function firstOwner(ports: Ports, request: HttpRequest, door: Door): Promise<object> {
  refuseForeign({ ...request, ...door })
  const { secret } = fieldsOf(request)
  if (secret === undefined || secret === '')
    throw new IasqlError('protocol/bad-field', 'secret must be the text that the deployment made.')
  const bearer = bearerIn(request.authorization)
  const attempt = { address: request.address, shown: secret }
  return await limitFailures(ports, attempt, () => becomeFirstOwner(ports, { secret, bearer }))
}

/** Text fields of the JSON object in the body; an empty body has none. */
function fieldsOf({ body }: HttpRequest): Readonly<Record<string, string | undefined>> {
  if (body === '') return {}
  const value = parsed(body)
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new IasqlError('protocol/bad-json', 'The body is not a JSON object.', {
      hint: 'Send one JSON object.',
    })
  for (const [name, field] of Object.entries(value))
    if (typeof field !== 'string')
      throw new IasqlError('protocol/bad-field', `${name.slice(0, 40)} must be text.`)
  return value as Readonly<Record<string, string>>
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const isAllowed = ({ origin }: HttpRequest, { allowedOrigins }: Door): boolean =>
  origin !== undefined && allowedOrigins.includes(origin)

/** Nothing is kept by a cache; pages that may connect may read the answer. */
const headersFor = (request: HttpRequest, door: Door): Readonly<Record<string, string>> => ({
  'content-type': 'application/json',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  vary: 'origin',
  ...(isAllowed(request, door)
    ? {
        'access-control-allow-origin': request.origin ?? '',
        'access-control-allow-methods': 'GET, POST',
        'access-control-allow-headers': 'authorization, content-type',
        'access-control-max-age': '600',
      }
    : {}),
})

/** By the code of the error. */
const statuses: Readonly<Record<string, number>> = {
  'auth/refused': 401,
  'auth/expired': 401,
  'auth/ticket': 401,
  'auth/origin': 403,
  'auth/tenant': 403,
  'auth/suspended': 403,
  'auth/first-owner': 403,
  'auth/too-many': 429,
  'auth/issuer': 503,
  'system/database-unavailable': 503,
  'protocol/bad-json': 400,
  'protocol/bad-field': 400,
}
