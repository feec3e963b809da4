/** Both adapters of the Data API on one database: in process, and the SDK's client in front of that over HTTP. */
import { expect } from 'vitest'
import { auroraDataApi } from '#postgres/aurora-data-api.ts'
import { type DataApi, DataApiError, type Login } from '#postgres/data-api.ts'
import type { InProcessOptions } from '#postgres/in-process-data-api.ts'
import { type DataApiServer, startDataApiServer } from './data-api-server.ts'
import { openTestDatabase } from './database.ts'

export const adapterNames = ['in process', 'by the SDK'] as const

export interface Adapters {
  readonly dataApis: Readonly<Record<(typeof adapterNames)[number], DataApi>>
  /** One by the SDK that waits so long, milliseconds, for a database that wakes up. */
  bySdk(resumeMs: number): DataApi
  readonly server: DataApiServer
  close(): Promise<void>
}

export const platformLogin: Login = { secret: 'iasql/platform', database: 'local' }

export const openAdapters = async (limits: InProcessOptions['limits']): Promise<Adapters> => {
  const database = await openTestDatabase(limits)
  const server = await startDataApiServer(database.dataApi)
  const bySdk = (resumeMs?: number): DataApi =>
    auroraDataApi({
      resourceArn: 'arn:aws:rds:us-east-1:123456789012:cluster:c',
      client: {
        endpoint: server.endpoint,
        region: 'us-east-1',
        credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
      },
      ...(resumeMs === undefined ? {} : { resumeMs }),
    })
  return {
    dataApis: { 'in process': database.dataApi, 'by the SDK': bySdk() },
    bySdk,
    server,
    close: async () => {
      await server.close()
      await database.close()
    },
  }
}

/** The error that `work` must fail with. */
export const failing = async (work: Promise<unknown>): Promise<DataApiError> => {
  const error = await work.then(
    () => undefined,
    (caught: unknown) => caught,
  )
  expect(error).toBeInstanceOf(DataApiError)
  return error as DataApiError
}
