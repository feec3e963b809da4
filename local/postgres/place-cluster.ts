/** Where the cluster lies and as whom it runs: below the data directory, or apart where its user cannot get there. */
import { chmod, chown, lstat, mkdir, mkdtemp, realpath, rename, rmdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { IasqlError } from '#engine/model/error.ts'
import { readText, writePrivateFile } from '../data-directory/private-file.ts'
import { canEnter, type SystemUser, unprivilegedUser } from './unprivileged.ts'

export interface ClusterPlace {
  /** Holds the cluster in a sub-folder named by its major version; belongs to `user`. */
  readonly folder: string
  /** Undefined: PostgreSQL runs as we do. */
  readonly user: SystemUser | undefined
}

/** Kept when the system cleans up, unlike places for temporary files. */
const stateFolders = ['/var/lib/iasql', '/var/tmp/iasql']

/**
 * Finds or makes the folder of the cluster. One that lies apart is recorded in `postgres.location` of the data
 * directory. `apart` replaces the places for such folders.
 */
export const placeCluster = async (directory: string, apart?: string): Promise<ClusterPlace> => {
  const user = await unprivilegedUser()
  const below = join(directory, 'postgres')
  if (!user) {
    await mkdir(below, { recursive: true, mode: 0o700 })
    return { folder: below, user }
  }
  const record = join(directory, 'postgres.location')
  const recorded = (await readText(record))?.trim()
  if (recorded) return { folder: recorded, user: await recordedOwner(recorded, record, user) }
  if (await canEnter(user, directory)) {
    const owner = (await existingOwner(below, user)) ?? (await makeFor(user, below))
    if (owner) return { folder: below, user: owner }
  }
  const folder = await mkdtemp(await placeApart(directory, user, apart))
  await chown(folder, user.uid, user.gid)
  await writePrivateFile(record, `${folder}\n`)
  return { folder, user }
}

/** The beginning of the folder's name. What belongs to a temporary folder lies beside it and goes the same way. */
const placeApart = async (directory: string, user: SystemUser, apart?: string): Promise<string> => {
  const parent = dirname(directory)
  const isTemporary = parent === (await realpath(tmpdir()))
  if (!apart && isTemporary && (await canEnter(user, parent))) return `${directory}.postgres-`
  return join(await stateFolder(user, apart), 'cluster-')
}

/** A cluster that another user began is run as that user. */
const ownerOf = (found: { uid: number; gid: number }, user: SystemUser): SystemUser =>
  found.uid === user.uid ? user : { name: `user ${found.uid}`, uid: found.uid, gid: found.gid }

const existingOwner = async (folder: string, user: SystemUser): Promise<SystemUser | undefined> => {
  const found = await lstat(folder).catch(() => undefined)
  if (!found) return undefined
  if (found.isDirectory() && found.uid !== 0) return ownerOf(found, user)
  throw new IasqlError('host/not-started', `${folder} belongs to root and is not a cluster of ours`, {
    hint: 'Move it elsewhere, or choose another folder by IASQL_DATA_DIR.',
  })
}

const recordedOwner = async (folder: string, record: string, user: SystemUser): Promise<SystemUser> => {
  const found = await lstat(folder).catch(() => undefined)
  if (found?.isDirectory() && found.uid !== 0) return ownerOf(found, user)
  throw new IasqlError('host/not-started', `${record} names ${folder}, which is not there`, {
    hint: 'Bring the folder back; or delete the record, and the server begins with an empty database.',
  })
}

/** Undefined where the file system does not let root give a folder away. */
const makeFor = async (user: SystemUser, folder: string): Promise<SystemUser | undefined> => {
  const fresh = await mkdtemp(`${folder}.`)
  try {
    await chown(fresh, user.uid, user.gid)
    await rename(fresh, folder)
    return user
  } catch (error) {
    await rmdir(fresh)
    if (['EPERM', 'EINVAL', 'ENOTSUP'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  }
}

/** A folder of root's that nobody else may write to and `user` may enter. */
export const stateFolder = async (user: SystemUser, apart?: string): Promise<string> => {
  for (const folder of apart ? [apart] : stateFolders) {
    if (await isStateFolder(folder, user)) return folder
  }
  const places = ['the data directory', ...stateFolders].join(', ')
  throw new IasqlError(
    'host/not-started',
    `PostgreSQL runs as ${user.name}, who can reach none of ${places}`,
    {
      hint: 'Choose a folder that every user may enter by IASQL_DATA_DIR.',
    },
  )
}

const isStateFolder = async (folder: string, user: SystemUser): Promise<boolean> => {
  try {
    const isNew = (await mkdir(folder, { recursive: true })) !== undefined
    if (isNew) await chmod(folder, 0o755)
    const { uid, mode } = await lstat(folder)
    return uid === 0 && (mode & 0o022) === 0 && (await canEnter(user, folder))
  } catch {
    return false
  }
}
