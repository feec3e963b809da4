/** Lambda, Step Functions, EventBridge and Secrets Manager over HTTP, as far as the functions use them. */
import { createServer, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Secrets } from '#postgres/secrets.ts'
import { listening } from './listening.ts'

export interface ControlServices {
  readonly url: string
  /** Details of the events that were put. */
  readonly events: readonly string[]
  stop(): Promise<void>
}

export interface ControlOptions {
  /** Logins by the names of their secrets. */
  readonly logins: Secrets
  /** Calls with other keys than these are a tenant's, and go on to its cloud. */
  readonly ownKey: string
  readonly cloud: string
  /** Other secrets from the start. */
  readonly texts: ReadonlyMap<string, string>
  /** By the name that it has on AWS. */
  invoke(functionName: string, payload: never): void
  startExecution(machine: string, name: string, input: object): Promise<void>
}

type Body = Readonly<Record<string, string>>

export async function startControlServices(options: ControlOptions): Promise<ControlServices> {
  const events: string[] = []
  const texts = new Map(options.texts)
  const { logins } = options
  const secretOf = async (id: string): Promise<string | undefined> => {
    const kept = texts.get(id)
    if (kept !== undefined) return kept
    const login = await Promise.resolve(logins.get(id)).catch(() => undefined)
    return login && JSON.stringify({ username: login.user, password: login.password })
  }
  const keep = async (id: string, value: string): Promise<void> => {
    const { username, password } = value.startsWith('{') ? JSON.parse(value) : {}
    if (username) await logins.put(id, { user: username, password })
    else texts.set(id, value)
  }
  const operations: Readonly<Record<string, (body: Body) => Promise<object | string>>> = {
    StartExecution: async ({ stateMachineArn = '', name = '', input = '{}' }) => {
      await options.startExecution(stateMachineArn.split(':').at(-1) ?? '', name, JSON.parse(input))
      return { executionArn: `${stateMachineArn}:${name}`, startDate: 1 }
    },
    PutEvents: async (body) => {
      events.push(JSON.stringify(body))
      return { FailedEntryCount: 0, Entries: [] }
    },
    GetSecretValue: async ({ SecretId = '' }) => {
      const SecretString = await secretOf(SecretId)
      return SecretString === undefined ? 'ResourceNotFoundException' : { Name: SecretId, SecretString }
    },
    CreateSecret: async ({ Name = '', SecretString = '' }) => {
      if ((await secretOf(Name)) !== undefined) return 'ResourceExistsException'
      await keep(Name, SecretString)
      return { Name }
    },
    PutSecretValue: async ({ SecretId = '', SecretString = '' }) => {
      await keep(SecretId, SecretString)
      return { Name: SecretId }
    },
    DeleteSecret: async ({ SecretId = '' }) => {
      texts.delete(SecretId)
      await logins.delete(SecretId)
      return { Name: SecretId }
    },
  }
  const answer = async (request: IncomingMessage): Promise<{ status: number; body: string }> => {
    const sent = await text(request)
    if (!request.headers.authorization?.includes(`Credential=${options.ownKey}/`))
      return await passOn(options.cloud, request, sent)
    const functionName = /\/functions\/([^/]+)\/invocations/.exec(request.url ?? '')?.[1]
    if (functionName !== undefined) {
      options.invoke(functionName, JSON.parse(sent) as never)
      return { status: 202, body: '' }
    }
    const operation = String(request.headers['x-amz-target']).split('.').at(-1) ?? ''
    const result = (await operations[operation]?.(JSON.parse(sent) as Body)) ?? 'UnknownOperationException'
    return typeof result === 'string'
      ? { status: 400, body: JSON.stringify({ __type: result, message: operation }) }
      : { status: 200, body: JSON.stringify(result) }
  }
  const server = createServer((request, response) => {
    answer(request).then(
      ({ status, body }) =>
        response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(body),
      (error: unknown) => response.writeHead(500).end(String(error)),
    )
  })
  return {
    ...(await listening(server)),
    events,
  }
}

async function passOn(
  cloud: string,
  { headers, method = 'POST', url }: IncomingMessage,
  body: string,
): Promise<{ status: number; body: string }> {
  const { host: _host, connection: _connection, 'content-length': _length, ...others } = headers
  const answer = await fetch(`${cloud}${url}`, { method, headers: others as Record<string, string>, body })
  return { status: answer.status, body: await answer.text() }
}
