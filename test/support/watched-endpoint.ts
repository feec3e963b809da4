/** Stands before the emulator on the wire: notes with whose keys each call is signed, and answers as it is told to. */
import { createServer, type IncomingMessage } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { listening } from './listening.ts'

export interface SignedCall {
  /** As signatures name it: `sqs`. */
  readonly service: string
  readonly operation: string
  readonly accessKeyId: string
  readonly accountId: string
}

export interface WatchedEndpoint {
  readonly url: string
  readonly calls: SignedCall[]
  /** Operations that are refused for want of a right. */
  readonly denied: Set<string>
  /** Operations that get the emulator's page of an error, and are not made. */
  readonly lacking: Set<string>
  /** Operations of which the next is made, and gets that page all the same. */
  readonly stumbling: Set<string>
  /** Where calls go on to. */
  target: string
  stop(): Promise<void>
}

export async function startWatchedEndpoint(): Promise<WatchedEndpoint> {
  const state = {
    calls: [] as SignedCall[],
    denied: new Set<string>(),
    lacking: new Set<string>(),
    stumbling: new Set<string>(),
    target: '',
  }
  const pass = async (request: IncomingMessage): Promise<{ status: number; type: string; body: Buffer }> => {
    const body = await buffer(request)
    const operation = operationOf(request, body)
    state.calls.push({ operation, ...signatureOf(request) })
    if (state.denied.has(operation)) return denial(request)
    if (state.lacking.has(operation)) return page
    const { host: _host, connection: _connection, 'content-length': _length, ...headers } = request.headers
    const answer = await fetch(`${state.target}${request.url}`, {
      method: request.method ?? 'POST',
      headers: headers as Record<string, string>,
      ...(body.length > 0 ? { body: new Uint8Array(body) } : {}),
    })
    if (state.stumbling.delete(operation)) return page
    const type = answer.headers.get('content-type') ?? 'text/xml'
    return { status: answer.status, type, body: Buffer.from(await answer.arrayBuffer()) }
  }
  const server = createServer((request, response) => {
    pass(request).then(
      ({ status, type, body }) => response.writeHead(status, { 'content-type': type }).end(body),
      () => response.destroy(),
    )
  })
  return Object.assign(state, await listening(server))
}

/** Services tell it in a header or in the form. */
function operationOf({ headers }: IncomingMessage, body: Buffer): string {
  const target = headers['x-amz-target']
  if (typeof target === 'string') return target.split('.').at(-1) ?? ''
  return new URLSearchParams(body.toString('latin1')).get('Action') ?? ''
}

const signatureOf = ({ headers }: IncomingMessage): Omit<SignedCall, 'operation'> => ({
  accessKeyId: scopeOf(headers.authorization)[0] ?? '',
  service: scopeOf(headers.authorization)[3] ?? '',
  accountId: String(headers['x-moto-account-id'] ?? ''),
})

/** Key, day, region and service. */
const scopeOf = (authorization = ''): readonly string[] =>
  /Credential=([^,\s]+)/.exec(authorization)?.[1]?.split('/') ?? []

/** As moto answers whatever its own code raises. */
const page = {
  status: 500,
  type: 'text/html; charset=utf-8',
  body: Buffer.from('<!doctype html>\n<html lang=en>\n<title>500 Internal Server Error</title>\n'),
}

/** As services with JSON and those with XML say it. */
const denial = ({ headers }: IncomingMessage) =>
  headers['x-amz-target'] === undefined
    ? {
        status: 403,
        type: 'text/xml',
        body: Buffer.from(
          '<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>You are not authorized to perform this operation.</Message></Error></Errors><RequestID>r-1</RequestID></Response>',
        ),
      }
    : {
        status: 400,
        type: 'application/x-amz-json-1.0',
        body: Buffer.from('{"__type":"AccessDeniedException","message":"not authorized"}'),
      }
