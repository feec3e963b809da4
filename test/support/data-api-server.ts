/** The REST protocol of the RDS Data API in front of the in-process adapter, so that the SDK's client can be put to it. */
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type DataApi, DataApiError, type DataApiFault, type Field } from '#postgres/data-api.ts'

const exceptions: Readonly<Record<DataApiFault, readonly [number, string]>> = {
  'database-error': [400, 'DatabaseErrorException'],
  'statement-timeout': [400, 'StatementTimeoutException'],
  'transaction-not-found': [404, 'TransactionNotFoundException'],
  'unsupported-result': [400, 'UnsupportedResultException'],
  unavailable: [504, 'DatabaseUnavailableException'],
  resuming: [400, 'DatabaseResumingException'],
  'bad-request': [400, 'ValidationException'],
  forbidden: [403, 'ForbiddenException'],
  'busy-transaction': [400, 'BadRequestException'],
  'result-too-large': [400, 'BadRequestException'],
  'row-too-large': [400, 'BadRequestException'],
  'request-too-large': [400, 'BadRequestException'],
}

// biome-ignore lint/suspicious/noExplicitAny: what the wire carries, before it is looked at
type Body = any

const fromWire = (value: Body): Field =>
  value.blobValue === undefined ? value : { blobValue: Buffer.from(value.blobValue, 'base64') }

const toWire = (field: Field): object =>
  'blobValue' in field ? { blobValue: Buffer.from(field.blobValue).toString('base64') } : field

const read = async (request: IncomingMessage): Promise<Body> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return JSON.parse(Buffer.concat(chunks).toString() || '{}')
}

const verbs = (dataApi: DataApi): Readonly<Record<string, (body: Body) => Promise<object>>> => {
  const login = (body: Body) => ({ secret: body.secretArn, database: body.database ?? 'local' })
  return {
    '/Execute': async (body) => {
      const result = await dataApi.execute({
        login: login(body),
        sql: body.sql,
        parameters: (body.parameters ?? []).map((parameter: Body) => ({
          ...parameter,
          value: fromWire(parameter.value),
        })),
        includeResultMetadata: body.includeResultMetadata ?? false,
        ...(body.transactionId ? { transactionId: body.transactionId } : {}),
      })
      return {
        numberOfRecordsUpdated: result.numberOfRecordsUpdated,
        records: result.records.map((record) => record.map(toWire)),
        columnMetadata: result.columns?.map((column) => ({ ...column, label: column.name })),
      }
    },
    '/BeginTransaction': async (body) => ({ transactionId: await dataApi.begin(login(body)) }),
    '/CommitTransaction': async (body) => {
      await dataApi.commit(login(body), body.transactionId)
      return { transactionStatus: 'Transaction Committed' }
    },
    '/RollbackTransaction': async (body) => {
      await dataApi.rollback(login(body), body.transactionId)
      return { transactionStatus: 'Rollback Complete' }
    },
  }
}

export interface DataApiServer {
  readonly endpoint: string
  /** The next so many calls are answered that the database is waking up. */
  sleep(calls: number): void
  close(): Promise<void>
}

export const startDataApiServer = async (dataApi: DataApi): Promise<DataApiServer> => {
  const handlers = verbs(dataApi)
  let asleep = 0
  const answer = async (path: string, body: Body): Promise<readonly [number, object, string?]> => {
    try {
      if (asleep > 0) {
        asleep -= 1
        throw new DataApiError('resuming', 'The database is resuming after being auto-paused')
      }
      return [200, (await handlers[path]?.(body)) ?? {}]
    } catch (error) {
      if (!(error instanceof DataApiError)) throw error
      const [status, name] = exceptions[error.fault]
      return [status, { message: error.message }, name]
    }
  }
  const server = createServer((request, response) => {
    void read(request)
      .then((body) => answer(request.url ?? '', body))
      .then(([status, body, exception]) => {
        const type = exception ? { 'x-amzn-errortype': exception } : {}
        response.writeHead(status, { 'content-type': 'application/json', ...type })
        response.end(JSON.stringify(body))
      })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sleep: (calls) => {
      asleep = calls
    },
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
