/** The REST protocol of the RDS Data API in front of any adapter, so that the SDK's client can be put to it. */
import { createServer, type IncomingMessage } from 'node:http'
import {
  type DataApi,
  DataApiError,
  type DataApiFault,
  type Field,
  type Login,
  type TypeHint,
} from '#postgres/data-api.ts'
import { listening } from './listening.ts'
import { callerHeader } from './recorded-calls.ts'

/** Status and name as the service gives them for Aurora PostgreSQL. */
const exceptions: Readonly<Record<DataApiFault, readonly [number, string]>> = {
  'database-error': [400, 'DatabaseErrorException'],
  'statement-timeout': [400, 'StatementTimeoutException'],
  'transaction-not-found': [404, 'TransactionNotFoundException'],
  'unsupported-result': [400, 'UnsupportedResultException'],
  unavailable: [504, 'DatabaseUnavailableException'],
  resuming: [400, 'DatabaseResumingException'],
  'bad-request': [400, 'ValidationException'],
  forbidden: [403, 'ForbiddenException'],
  'busy-transaction': [400, 'DatabaseErrorException'],
  'result-too-large': [400, 'UnsupportedResultException'],
  'row-too-large': [400, 'UnsupportedResultException'],
  'request-too-large': [413, 'RequestEntityTooLargeException'],
}

type WireField = Record<string, unknown> & { readonly blobValue?: string }

interface Body {
  readonly secretArn: string
  readonly database?: string
  readonly sql: string
  readonly transactionId?: string
  readonly includeResultMetadata?: boolean
  readonly parameters?: readonly {
    readonly name: string
    readonly typeHint?: TypeHint
    readonly value: WireField
  }[]
}

const fromWire = (value: WireField): Field =>
  value.blobValue === undefined
    ? (value as unknown as Field)
    : { blobValue: Buffer.from(value.blobValue, 'base64') }

const toWire = (field: Field): object =>
  'blobValue' in field ? { blobValue: Buffer.from(field.blobValue).toString('base64') } : field

const read = async (request: IncomingMessage): Promise<Body> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return JSON.parse(Buffer.concat(chunks).toString())
}

const loginOf = ({ secretArn, database = 'local' }: Body): Login => ({ secret: secretArn, database })

/** Who ends a transaction does not say in which database it is. */
const begunIn = new Map<string, string>()
const endedLogin = ({ transactionId = '', ...body }: Body): Login =>
  loginOf({ ...body, database: begunIn.get(transactionId) ?? 'local' })

const execute = async (dataApi: DataApi, body: Body): Promise<object> => {
  const { parameters = [], transactionId, includeResultMetadata = false } = body
  const { records, numberOfRecordsUpdated, columns } = await dataApi.execute({
    login: loginOf(body),
    sql: body.sql,
    parameters: parameters.map((parameter) => ({ ...parameter, value: fromWire(parameter.value) })),
    includeResultMetadata,
    ...(transactionId === undefined ? {} : { transactionId }),
  })
  return {
    numberOfRecordsUpdated,
    records: records.map((record) => record.map(toWire)),
    columnMetadata: columns?.map((column) => ({ ...column, label: column.name })),
  }
}

const answers: Readonly<Record<string, (dataApi: DataApi, body: Body) => Promise<object>>> = {
  '/Execute': execute,
  '/BeginTransaction': async (dataApi, body) => {
    const transactionId = await dataApi.begin(loginOf(body))
    begunIn.set(transactionId, loginOf(body).database)
    return { transactionId }
  },
  '/CommitTransaction': async (dataApi, body) => {
    await dataApi.commit(endedLogin(body), body.transactionId ?? '')
    return { transactionStatus: 'Transaction Committed' }
  },
  '/RollbackTransaction': async (dataApi, body) => {
    await dataApi.rollback(endedLogin(body), body.transactionId ?? '')
    return { transactionStatus: 'Rollback Complete' }
  },
}

interface Scripted {
  readonly status: number
  readonly exception: string
  readonly message: string
}

const resuming: Scripted = {
  status: 400,
  exception: 'DatabaseResumingException',
  message: 'The Aurora DB instance is resuming after being auto-paused.',
}

export interface DataApiServer {
  readonly endpoint: string
  /** Calls that came so far. */
  readonly calls: number
  /** The next call is answered by this exception and executes nothing. */
  failNext(exception: Scripted): void
  /** The next statement in a transaction that `picks` picks is the victim of a deadlock: its transaction is good for nothing. */
  failInTransaction(picks: (call: { readonly by: string; readonly sql: string }) => boolean): void
  /** Until it is called: the database sleeps, and each call is told that it wakes up. */
  sleep(): () => void
  close(): Promise<void>
}

const deadlock: Scripted = {
  status: 400,
  exception: 'DatabaseErrorException',
  message: 'ERROR: deadlock detected; SQLState: 40P01',
}

/** Listens on a free port of the loopback interface. */
export const startDataApiServer = async (dataApi: DataApi): Promise<DataApiServer> => {
  const scripted: Scripted[] = []
  const victims: Parameters<DataApiServer['failInTransaction']>[0][] = []
  const isVictim = (by: string, { sql, transactionId }: Body): boolean => {
    const place = transactionId && sql ? victims.findIndex((picks) => picks({ by, sql })) : -1
    return place >= 0 && victims.splice(place, 1).length > 0
  }
  let calls = 0
  let isAsleep = false
  const answer = async (path: string, body: Body, by: string): Promise<object | Scripted> => {
    calls += 1
    const failure = scripted.shift()
    if (failure) return failure
    if (isAsleep) return resuming
    if (isVictim(by, body)) return deadlock
    try {
      return (await answers[path]?.(dataApi, body)) ?? {}
    } catch (error) {
      if (!(error instanceof DataApiError)) throw error
      const [status, exception] = exceptions[error.fault]
      return { status, exception, message: error.message }
    }
  }
  const server = createServer(async (request, response) => {
    const by = String(request.headers[callerHeader] ?? '')
    const result = await answer(request.url ?? '', await read(request), by)
    if ('exception' in result) {
      const { status, exception, message } = result as Scripted
      response.writeHead(status, { 'x-amzn-errortype': exception })
      response.end(JSON.stringify({ message }))
    } else response.end(JSON.stringify(result))
  })
  // The SDK keeps connections; one that closes while a slow machine sends on it is no fault of the service.
  server.keepAliveTimeout = 120_000
  const { url, stop } = await listening(server)
  return {
    endpoint: url,
    get calls() {
      return calls
    },
    failNext: (exception) => {
      scripted.push(exception)
    },
    failInTransaction: (picks) => {
      victims.push(picks)
    },
    sleep: () => {
      isAsleep = true
      return () => {
        isAsleep = false
      }
    },
    close: stop,
  }
}
