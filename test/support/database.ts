/** A database for one test file, with the platform migrated: `const db = await openTestDatabase()`, and `db.close()` at the end. */
import { type Database, databaseOver } from '#postgres/database.ts'
import {
  type InProcessDataApi,
  type InProcessOptions,
  inProcessDataApi,
} from '#postgres/in-process-data-api.ts'
import { migratePlatform } from '#postgres/migrate.ts'
import type { Secrets } from '#postgres/secrets.ts'
import { spillingDataApi } from '#postgres/spilling-data-api.ts'
import { startTestCluster, type TestCluster } from './cluster.ts'

export interface TestDatabase {
  readonly cluster: TestCluster
  readonly dataApi: InProcessDataApi
  /** As the platform's role. */
  readonly platform: Database
  readonly secrets: Secrets
  readonly databaseName: string
  /** Another database of the cluster, as the platform's role. */
  readonly cellDatabase: (name: string) => Database
  close(): Promise<void>
}

export const openTestDatabase = async (limits: InProcessOptions['limits'] = {}): Promise<TestDatabase> => {
  const cluster = await startTestCluster()
  const { host, port, secrets } = cluster
  const dataApi = inProcessDataApi({ host, port, secrets, limits })
  const spilling = spillingDataApi(dataApi)
  const cellDatabase = (name: string) => databaseOver(spilling, { secret: 'iasql/platform', database: name })
  const platform = cellDatabase(cluster.database)
  await migratePlatform(platform)
  return {
    cluster,
    dataApi,
    platform,
    secrets,
    databaseName: cluster.database,
    cellDatabase,
    close: async () => {
      await dataApi.close()
      await cluster.stop()
    },
  }
}
