/** The database of one machine: a PostgreSQL of our own, started with us, kept running, and stopped with us. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseError } from 'pg'
import { IasqlError } from '#engine/model/error.ts'
import type { Log } from '#operations/ports.ts'
import type { Credentials } from '#postgres/secrets.ts'
import { takeLock } from '../data-directory/lock.ts'
import type { SecretStore } from '../data-directory/secrets.ts'
import { freePort } from '../process/free-port.ts'
import { supervise } from '../process/supervise.ts'
import { findBinaries } from './binaries.ts'
import { endLeftovers, endSteps } from './end-leftovers.ts'
import { initializeCluster, majorVersion } from './initialize-cluster.ts'
import { type Launch, launchPostgres } from './launch-postgres.ts'
import { placeCluster, stateFolder } from './place-cluster.ts'
import { type Address, platformDatabase, preparePlatform } from './prepare-platform.ts'

export interface PostgresOptions {
  /** The data directory; the cluster goes below it where its user can get there. */
  readonly directory: string
  readonly secrets: SecretStore
  readonly log: Log
  /** Default true. False for tests: a crash of the machine then loses data, a crash of processes does not. */
  readonly fsync?: boolean
  /** A folder with `bin`, `lib` and `share`, instead of the npm package's. */
  readonly binaries?: string
  /** Where root keeps what its unprivileged user cannot reach, instead of /var/lib/iasql. */
  readonly apart?: string
}

/** Where the platform's data is, and its login. */
export interface PlatformDatabase extends Address {
  readonly database: string
  readonly platform: Credentials
}

export interface Postgres extends PlatformDatabase {
  readonly superuser: Credentials
  stop(): Promise<void>
}

/** Starts the cluster of `directory`, made the first time, and prepares it for the platform. */
export const startPostgres = async (options: PostgresOptions): Promise<Postgres> => {
  const { directory, secrets, fsync = true } = options
  const { folder, user } = await placeCluster(directory, options.apart)
  await using undo = new AsyncDisposableStack()
  undo.defer(await lockFolder(folder))
  const cluster = join(folder, majorVersion)
  const copies = async () => (user ? stateFolder(user, options.apart) : directory)
  const binaries = await findBinaries(user, copies, options.binaries)
  const superuser = await secrets.keep('postgres/superuser', newSuperuser)
  await endLeftovers(cluster)
  await initializeCluster({ cluster, binaries, user, superuser, fsync })
  const launch = {
    program: binaries.postgres,
    user,
    cluster,
    fsync,
    logFile: join(directory, 'postgres.log'),
  }
  const { port, stop } = await keepRunning(launch, options.log)
  undo.defer(stop)
  const address = { host: '127.0.0.1', port }
  const admin = { ...superuser, database: 'postgres' }
  const platform = await preparePlatform({ address, admin, secrets, isOurs: true }).catch(explainLogin)
  const running = undo.move()
  return { ...address, database: platformDatabase, platform, superuser, stop: () => running.disposeAsync() }
}

const newSuperuser = (): Credentials => ({
  user: 'postgres',
  password: randomBytes(32).toString('base64url'),
})

const explainLogin = (cause: unknown): never => {
  if (!(cause instanceof DatabaseError && cause.code === '28P01')) throw cause
  throw new IasqlError('host/not-started', 'secrets.json does not hold the password of the cluster', {
    hint: 'Bring the file back from a copy; or choose an empty folder by IASQL_DATA_DIR and begin anew.',
    cause,
  })
}

/** A copied data directory may name the cluster of another one: the cluster has a lock of its own. */
const lockFolder = async (folder: string): Promise<() => void> => {
  const lock = await takeLock(join(folder, 'server.lock'))
  if ('release' in lock) return () => lock.release()
  throw new IasqlError('host/in-use', `${folder} is in use by another server, process ${lock.holder.pid}`)
}

/** The port stays the same when the server has to be launched again; connections then find it where it was. */
const keepRunning = async (launch: Omit<Launch, 'port'>, log: Log) => {
  const { port, child } = await launchOnFreePort(launch)
  const launchAgain = async () => {
    await endLeftovers(launch.cluster)
    return launchPostgres({ ...launch, port })
  }
  return { port, stop: supervise({ name: 'PostgreSQL', child, launchAgain, endSteps, log }) }
}

const launchOnFreePort = async (launch: Omit<Launch, 'port'>) => {
  for (let tries = 1; ; tries += 1) {
    const port = await freePort()
    try {
      return { port, child: await launchPostgres({ ...launch, port }) }
    } catch (error) {
      if (tries === 5 || !/Address already in use|could not bind/.test(String(error))) throw error
    }
  }
}
