/** Everything `iasql start` starts, in order, and stops again in the reverse order. */
import { registry } from '#modules/registry.ts'
import { limitedCloud } from '#operations/limits/limited-cloud.ts'
import { sharedLimits } from '#operations/limits/shared-limits.ts'
import type { Cloud, Log, Ports } from '#operations/ports.ts'
import { systemClock } from '#operations/system-clock.ts'
import { listTenants } from '#operations/tenant/load-tenant.ts'
import { databaseOver } from '#postgres/database.ts'
import { inProcessDataApi } from '#postgres/in-process-data-api.ts'
import { migratePlatform } from '#postgres/migrate.ts'
import { spillingDataApi } from '#postgres/spilling-data-api.ts'
import { countDescribed } from '#postgres/statements/resource-count.ts'
import { startCloud } from './cloud.ts'
import type { DataDirectory } from './data-directory/open-data-directory.ts'
import { openDataDirectory } from './data-directory/open-data-directory.ts'
import { externalPostgres } from './postgres/external-postgres.ts'
import { platformSecret } from './postgres/prepare-platform.ts'
import { type PlatformDatabase, startPostgres } from './postgres/start-postgres.ts'
import { type Foundation, type Serving, serve } from './serve.ts'
import type { Settings } from './settings.ts'

export interface HostOptions {
  readonly settings: Settings
  readonly environment: NodeJS.ProcessEnv
  readonly log: Log
  /** Told what takes longer than a moment, for people: `installing the AWS emulator`. */
  readonly onProgress: (message: string) => void
  /** Stands between the engine and the cloud; for tests and measurements. */
  readonly wrapCloud?: (cloud: Cloud) => Cloud
}

export interface Host {
  readonly foundation: Foundation
  readonly serving: Serving
  readonly dataDirectory: string
  /** Where AWS calls go, for people: `emulator http://127.0.0.1:5000`. */
  readonly cloudName: string
  stop(): Promise<void>
}

/** Resolves when it serves; what was started is stopped again when it rejects. */
export async function startHost(options: HostOptions): Promise<Host> {
  const { settings, environment, log, onProgress, wrapCloud = (cloud) => cloud } = options
  await using started = new AsyncDisposableStack()
  const directory = await openDataDirectory(settings.dataDirectory)
  started.defer(() => directory.close())
  const [database, cloud] = await startBoth(started, {
    database: startDatabase(directory, settings, log),
    cloud: startCloud({
      directory: directory.path,
      environment,
      region: settings.region,
      log,
      onProgress,
    }),
  })
  const dataApi = inProcessDataApi({
    host: database.host,
    port: database.port,
    ssl: database.ssl,
    secrets: directory.secrets,
  })
  started.defer(() => dataApi.close())
  const platform = databaseOver(spillingDataApi(dataApi), {
    secret: platformSecret,
    database: database.database,
  })
  await migratePlatform(platform)
  const foundation: Foundation = {
    port: settings.port,
    token: directory.token,
    dataApi,
    platform,
    secrets: directory.secrets,
    cipher: directory.cipher,
    secretKeys: directory.secretKeys,
    identity: settings.identity,
    cloud: cloud.isLimited
      ? limitedCloud(wrapCloud(cloud.cloud), sharedLimits({ db: platform, clock: systemClock, log }))
      : wrapCloud(cloud.cloud),
    accounts: cloud.accounts,
    modules: async () => registry,
    log,
    defaults: { accountId: cloud.accountId, region: settings.region, budgetMs: settings.budgetMs },
  }
  const serving = await serve(foundation)
  started.defer(() => serving.close())
  await directory.announce(serving.url)
  if (cloud.isEmpty) await tellForgotten(serving.ports, onProgress)
  const all = started.move()
  return {
    foundation,
    serving,
    dataDirectory: directory.path,
    cloudName: cloud.name,
    stop: () => all.disposeAsync(),
  }
}

/** Rows of earlier times describe what the emulator has forgotten. */
async function tellForgotten(ports: Ports, tell: (message: string) => void): Promise<void> {
  const [tenant] = await listTenants(ports)
  const count = tenant ? await countDescribed(ports.platform, tenant) : 0
  if (count === 0) return
  tell(
    `The emulator forgets everything when it stops; ${count} ${count === 1 ? 'row describes' : 'rows describe'} what it had. ` +
      'SELECT * FROM iasql_sync(confirm => true) removes them.',
  )
}

const startDatabase = async (
  directory: DataDirectory,
  { databaseUrl }: Settings,
  log: Log,
): Promise<PlatformDatabase & Stoppable> => {
  const { secrets, path } = directory
  if (databaseUrl === undefined) return startPostgres({ directory: path, secrets, log })
  const external = await externalPostgres(databaseUrl, secrets)
  if (external.talks.length > 0) {
    const settings = external.talks.join(', ')
    log(
      'warn',
      `The log of the PostgreSQL of IASQL_DATABASE_URL may get statements, and secrets with them: ${settings}.`,
    )
  }
  return { ...external, stop: async () => {} }
}

interface Stoppable {
  stop(): Promise<void>
}

/** Two things at once; when one fails the other is stopped again all the same. */
const startBoth = async <Database extends Stoppable, CloudServer extends Stoppable>(
  started: AsyncDisposableStack,
  starting: { readonly database: Promise<Database>; readonly cloud: Promise<CloudServer> },
): Promise<readonly [Database, CloudServer]> => {
  const settled = await Promise.allSettled([starting.database, starting.cloud])
  for (const result of settled) if (result.status === 'fulfilled') started.defer(() => result.value.stop())
  return [await starting.database, await starting.cloud]
}
