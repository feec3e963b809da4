/** Which AWS calls each function makes, noted where they leave the process: no client has to know. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { ClientRequest } from 'node:http'

export interface RecordedCall {
  /** `step-execution` */
  readonly by: string
  /** As signatures name it: `rds-data`. */
  readonly service: string
  /** `ExecuteStatement`; for calls without a name, method and path. */
  readonly operation: string
  readonly accessKeyId: string
  /** What was sent, where that is JSON. */
  readonly body: Readonly<Record<string, unknown>>
}

export interface Recorder {
  readonly calls: readonly RecordedCall[]
  /** What the work calls, and what that starts, is called by `name`. */
  during<Result>(name: string, work: () => Result): Result
  /** Whose work it is now. */
  current(): string | undefined
  stop(): void
}

const channel = 'http.client.request.created'

/** On every request: doubles of services may go by it. No signature covers it. */
export const callerHeader = 'x-called-by'

export function recordCalls(): Recorder {
  const names = new AsyncLocalStorage<string>()
  const calls: RecordedCall[] = []
  const note = (message: unknown): void => {
    const { request } = message as { readonly request: ClientRequest }
    const by = names.getStore()
    const [accessKeyId = '', , , service = ''] = scopeOf(request)
    if (by === undefined || service === '') return
    request.setHeader(callerHeader, by)
    whenSent(request, (text) => calls.push({ by, service, accessKeyId, ...contentOf(request, text) }))
  }
  subscribe(channel, note)
  return {
    calls,
    during: (name, work) => names.run(name, work),
    current: () => names.getStore(),
    stop: () => unsubscribe(channel, note),
  }
}

/** Key, day, region and service. */
const scopeOf = (request: ClientRequest): readonly string[] =>
  /Credential=([^,\s]+)/.exec(String(request.getHeader('authorization') ?? ''))?.[1]?.split('/') ?? []

function whenSent(request: ClientRequest, tell: (text: string) => void): void {
  const parts: Buffer[] = []
  const keep = (part: unknown): void => {
    if (typeof part === 'string' || part instanceof Uint8Array) parts.push(Buffer.from(part as string))
  }
  const { write, end } = request
  request.write = ((...given: unknown[]) => {
    keep(given[0])
    return Reflect.apply(write, request, given)
  }) as typeof write
  request.end = ((...given: unknown[]) => {
    keep(given[0])
    tell(Buffer.concat(parts).toString('utf8'))
    return Reflect.apply(end, request, given)
  }) as typeof end
}

function contentOf(request: ClientRequest, text: string): Pick<RecordedCall, 'operation' | 'body'> {
  const body = text.startsWith('{') ? (JSON.parse(text) as RecordedCall['body']) : {}
  const target = request.getHeader('x-amz-target')
  const action = new URLSearchParams(text.startsWith('Action=') ? text : '').get('Action')
  const path = request.path.split('?')[0] ?? ''
  const named = typeof target === 'string' ? target.split('.').at(-1) : action
  return { body, operation: named ?? `${request.method} ${path}` }
}
