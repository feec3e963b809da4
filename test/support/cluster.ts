/** A PostgreSQL for one test file: a copy of a prepared cluster, so that it costs a tenth of a second. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { awaitLock } from '#local/data-directory/lock.ts'
import { openSecretStore, type SecretStore } from '#local/data-directory/secrets.ts'
import { type Postgres, startPostgres } from '#local/postgres/start-postgres.ts'
import type { Log } from '#operations/ports.ts'

const sources = fileURLToPath(new URL('../../local/postgres', import.meta.url))
const cache = fileURLToPath(new URL('../../node_modules/.cache/iasql', import.meta.url))

export interface TestCluster extends Postgres {
  readonly directory: string
  readonly secrets: SecretStore
  /** Of the platform's role, to its database. */
  readonly connectionString: string
}

const log: Log = (level, message, fields) => {
  if (level === 'error') console.error(message, fields)
}

/** A folder that every user may enter, as a data directory is for most people. */
export const makeTestDirectory = async (): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), 'iasql-test-'))
  await chmod(directory, 0o755)
  return directory
}

const start = async (directory: string): Promise<Postgres & { secrets: SecretStore }> => {
  const secrets = await openSecretStore(join(directory, 'secrets.json'))
  return { ...(await startPostgres({ directory, secrets, log, fsync: false })), secrets }
}

/** Starts a cluster of its own with the platform's role and database in it, and nothing else. Safe against no power cut. */
export const startTestCluster = async (): Promise<TestCluster> => {
  const template = await preparedTemplate()
  const directory = await makeTestDirectory()
  await copyWithOwners(template, directory)
  const postgres = await start(directory)
  const { host, port, database, platform } = postgres
  return {
    ...postgres,
    directory,
    connectionString: `postgres://${platform.user}:${platform.password}@${host}:${port}/${database}`,
    stop: async () => {
      await postgres.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** Made anew when what makes it has changed. */
const preparedTemplate = async (): Promise<string> => {
  const template = join(cache, `cluster-${await sourcesHash()}`)
  if (await isThere(template)) return template
  await mkdir(cache, { recursive: true })
  const lock = await awaitLock(join(cache, 'cluster.lock'))
  try {
    if (await isThere(template)) return template
    const directory = await makeTestDirectory()
    const postgres = await start(directory)
    await postgres.stop()
    await copyWithOwners(directory, `${template}.new`)
    for (const old of await readdir(cache)) {
      if (/^cluster-\w+$/.test(old)) await rm(join(cache, old), { recursive: true })
    }
    await rename(`${template}.new`, template)
    await rm(directory, { recursive: true })
    return template
  } finally {
    lock.release()
  }
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

const sourcesHash = async (): Promise<string> => {
  const hash = createHash('sha256')
  for (const file of (await readdir(sources)).sort()) hash.update(await readFile(join(sources, file)))
  return hash.digest('hex').slice(0, 12)
}

/** `cp` copies a thousand small files ten times as fast as Node does, owners included. */
const copyWithOwners = async (from: string, to: string): Promise<void> => {
  await rm(to, { recursive: true, force: true })
  await promisify(execFile)('cp', ['-a', from, to])
}
