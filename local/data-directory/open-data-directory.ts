/** The one folder of a server on this machine: its lock, token, keys, secrets and address. */
import { randomBytes } from 'node:crypto'
import { access, constants, mkdir, realpath, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { IasqlError } from '#engine/model/error.ts'
import { aesCipher } from '#operations/aes-cipher.ts'
import type { Cipher, SecretKeys } from '#operations/ports.ts'
import { secretKeysIn } from '#operations/secrets/secret-keys.ts'
import { takeLockWithin } from './lock.ts'
import { keepPrivateFile, writePrivateFile } from './private-file.ts'
import { openPrivateTexts } from './private-texts.ts'
import { openSecretStore, type SecretStore } from './secrets.ts'

export interface DataDirectory {
  /** Absolute, without symbolic links. */
  readonly path: string
  /** What a client shows to get in. */
  readonly token: string
  /** Encrypts the text of runs. */
  readonly cipher: Cipher
  readonly secrets: SecretStore
  /** Opens secret columns. */
  readonly secretKeys: SecretKeys
  /** Tells the command line of this machine where the server listens (`server.json`). */
  announce(url: string): Promise<void>
  /** Takes the announcement back and lets go of the lock. */
  close(): Promise<void>
}

/** A server that was told to stop, or whose npm was killed, is gone by then. */
const patienceMs = 5_000

/**
 * Opens the folder, made if absent, for this process alone. It may hold other files and have any owner and mode;
 * neither is changed. Rejects with `host/in-use` while another process that lives has it open.
 */
export const openDataDirectory = async (folder: string): Promise<DataDirectory> => {
  const path = await makeFolder(folder)
  const lock = await takeLockWithin(join(path, 'server.lock'), patienceMs)
  if (!('release' in lock)) {
    throw new IasqlError('host/in-use', `${path} is in use by another server, process ${lock.holder.pid}`)
  }
  try {
    const token = await keepPrivateFile(join(path, 'token'), () => randomBytes(32).toString('base64url'))
    const key = await keepPrivateFile(join(path, 'run.key'), () => randomBytes(32).toString('base64'))
    const announcement = join(path, 'server.json')
    await rm(announcement, { force: true })
    return {
      path,
      token,
      cipher: aesCipher(runKey(key, path)),
      secrets: await openSecretStore(join(path, 'secrets.json')),
      secretKeys: secretKeysIn(openPrivateTexts(join(path, 'secret-keys.json'))),
      announce: (url) => writePrivateFile(announcement, `${JSON.stringify({ url, pid: process.pid })}\n`),
      close: async () => {
        await rm(announcement, { force: true })
        lock.release()
      },
    }
  } catch (error) {
    lock.release()
    throw error
  }
}

const makeFolder = async (folder: string): Promise<string> => {
  try {
    await mkdir(folder, { recursive: true })
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK)
    return await realpath(folder)
  } catch (error) {
    const reason = (error as Error).message
    throw new IasqlError('host/not-started', `the data directory ${folder} cannot be used: ${reason}`, {
      hint: 'Choose a folder that you may write to by IASQL_DATA_DIR.',
      cause: error,
    })
  }
}

const runKey = (text: string, path: string): Uint8Array => {
  const key = Buffer.from(text, 'base64')
  if (key.length === 32) return key
  throw new IasqlError('host/not-started', `${join(path, 'run.key')} does not hold 32 bytes in base64`, {
    hint: 'Restore the file; or delete it, and the text of unfinished runs is lost.',
  })
}
