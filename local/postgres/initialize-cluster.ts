/** Makes a cluster so that it is there whole or not at all. */
import { randomUUID } from 'node:crypto'
import { open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { IasqlError } from '#engine/model/error.ts'
import type { Credentials } from '#postgres/secrets.ts'
import type { Binaries } from './binaries.ts'
import { runAs, type SystemUser } from './unprivileged.ts'

export const majorVersion = '17'

interface NewCluster {
  readonly cluster: string
  readonly binaries: Binaries
  readonly user: SystemUser | undefined
  readonly superuser: Credentials
  readonly fsync: boolean
}

/** Makes the cluster unless it is there. What an earlier, killed attempt left is removed. */
export const initializeCluster = async (wanted: NewCluster): Promise<void> => {
  if (await isMade(wanted.cluster)) return
  const folder = dirname(wanted.cluster)
  const half = `${basename(wanted.cluster)}.new-`
  for (const entry of await readdir(folder)) {
    // The killed one's initdb may be about to end only now, with files of its own until then.
    if (entry.startsWith(half)) {
      await rm(join(folder, entry), { recursive: true, force: true, maxRetries: 10 })
    }
  }
  const fresh = join(folder, `${half}${randomUUID()}`)
  await makeCluster(wanted, fresh)
  await rename(fresh, wanted.cluster)
}

const isMade = async (cluster: string): Promise<boolean> => {
  const version = await readFile(join(cluster, 'PG_VERSION'), 'utf8').catch(() => undefined)
  if (version === undefined || version.trim() === majorVersion) return version !== undefined
  throw new IasqlError('host/not-started', `${cluster} was made by PostgreSQL ${version.trim()}`, {
    hint: `This server needs version ${majorVersion}; choose another folder by IASQL_DATA_DIR.`,
  })
}

const makeCluster = async (wanted: NewCluster, fresh: string): Promise<void> => {
  const { binaries, user, superuser, fsync } = wanted
  const passwordFile = `${fresh}.password`
  const file = await open(passwordFile, 'wx', 0o600)
  try {
    await file.writeFile(`${superuser.password}\n`)
    if (user) await file.chown(user.uid, user.gid)
    const options = [
      `--pgdata=${fresh}`,
      `--username=${superuser.user}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      ...(fsync ? [] : ['--no-sync']),
    ]
    await runAs(user, binaries.initdb, options)
  } catch (cause) {
    const reason = (cause as Error).message
    throw new IasqlError('host/not-started', `PostgreSQL could not make a cluster: ${reason}`, { cause })
  } finally {
    await file.close()
    await rm(passwordFile, { force: true })
  }
}
