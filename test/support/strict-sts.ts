/** A token service that keeps to the trust policies of its roles, which the emulator does not; over HTTP, as the SDK speaks. */
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { isAllowed, type Statement } from './iam-evaluation.ts'
import { listening } from './listening.ts'

export interface AssumeCall {
  /** ARN of who asked. */
  readonly caller: string
  readonly roleArn: string
  readonly sessionName: string
  readonly externalId: string | undefined
  readonly isLetIn: boolean
}

export interface StrictSts {
  readonly url: string
  readonly calls: AssumeCall[]
  /** Role → its trust policy. */
  readonly roles: Map<string, readonly Statement[]>
  /** Access key of a session → its role and name. */
  readonly sessions: Map<string, { readonly roleArn: string; readonly sessionName: string }>
  /** Keys that are somebody from the start: access key → ARN. */
  readonly callers: Map<string, string>
  /** How long the sessions last that are opened from now on. */
  sessionMs: number
  /** Answers to come are errors of this name; undefined: none. */
  failing: string | undefined
  stop(): Promise<void>
}

/** Trusts one principal, if it shows the identifier. */
export const trusting = (principal: string, externalId?: string): readonly Statement[] => [
  {
    Effect: 'Allow',
    Principal: principal === '*' ? '*' : { AWS: principal },
    Action: 'sts:AssumeRole',
    ...(externalId === undefined ? {} : { Condition: { StringEquals: { 'sts:ExternalId': externalId } } }),
  },
]

export async function startStrictSts(): Promise<StrictSts> {
  const state = {
    calls: [] as AssumeCall[],
    roles: new Map<string, readonly Statement[]>(),
    sessions: new Map<string, { roleArn: string; sessionName: string }>(),
    callers: new Map<string, string>(),
    sessionMs: 3_600_000,
    failing: undefined as string | undefined,
  }
  const callerOf = (key: string): string => {
    const session = state.sessions.get(key)
    return session?.roleArn ?? state.callers.get(key) ?? ''
  }
  const assume = (key: string, form: URLSearchParams): Answer => {
    const caller = callerOf(key)
    const roleArn = form.get('RoleArn') ?? ''
    const sessionName = form.get('RoleSessionName') ?? ''
    const externalId = form.get('ExternalId') ?? undefined
    const isLetIn = isAllowed(state.roles.get(roleArn) ?? [], {
      action: 'sts:AssumeRole',
      principal: caller,
      context: externalId === undefined ? {} : { 'sts:ExternalId': externalId },
    })
    state.calls.push({ caller, roleArn, sessionName, externalId, isLetIn })
    if (!isLetIn)
      return failure(403, 'AccessDenied', `User: ${caller} is not authorized to perform: sts:AssumeRole`)
    const accessKeyId = `ASIA${String(state.sessions.size + 1).padStart(16, '0')}`
    state.sessions.set(accessKeyId, { roleArn, sessionName })
    const expiration = new Date(Date.now() + state.sessionMs).toISOString()
    return success(
      'AssumeRole',
      `<Credentials><AccessKeyId>${accessKeyId}</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>
       <SessionToken>token</SessionToken><Expiration>${expiration}</Expiration></Credentials>`,
    )
  }
  const answer = (key: string, form: URLSearchParams): Answer => {
    if (state.failing !== undefined) return failure(400, state.failing, 'as the test wants it')
    if (form.get('Action') === 'AssumeRole') return assume(key, form)
    const caller = callerOf(key)
    const account = caller.split(':')[4] ?? ''
    return success('GetCallerIdentity', `<Account>${account}</Account><Arn>${caller}</Arn>`)
  }
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const key = /Credential=([^/]+)\//.exec(request.headers.authorization ?? '')?.[1] ?? ''
      const { status, xml } = answer(key, new URLSearchParams(body))
      response.writeHead(status, { 'content-type': 'text/xml' }).end(xml)
    })
  })
  return Object.assign(state, await listening(server))
}

interface Answer {
  readonly status: number
  readonly xml: string
}

const success = (operation: string, body: string): Answer => ({
  status: 200,
  xml: `<${operation}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${operation}Result>${body}</${operation}Result></${operation}Response>`,
})

const failure = (status: number, code: string, message: string): Answer => ({
  status,
  xml: `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>1</RequestId></ErrorResponse>`,
})
