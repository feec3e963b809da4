/** Passwords of database roles on one machine: what Secrets Manager is on AWS. */
import { IasqlError } from '#engine/model/error.ts'
import type { Credentials, Secrets } from '#postgres/secrets.ts'
import { readText, writePrivateFile } from './private-file.ts'

export interface SecretStore extends Secrets {
  /** The stored credentials; made by `make` and stored the first time. */
  keep(secret: string, make: () => Credentials): Promise<Credentials>
}

/** Secrets in one JSON file of mode 0600; written whole, one change after the other. */
export const openSecretStore = async (path: string): Promise<SecretStore> => {
  const secrets = new Map(Object.entries(parse((await readText(path)) ?? '{}', path)))
  let written: Promise<void> = Promise.resolve()

  const save = (): Promise<void> => {
    const write = () => writePrivateFile(path, `${JSON.stringify(Object.fromEntries(secrets), null, 2)}\n`)
    written = written.then(write, write)
    return written
  }
  const put = (secret: string, credentials: Credentials): Promise<void> => {
    secrets.set(secret, credentials)
    return save()
  }

  return {
    get: async (secret) => {
      const found = secrets.get(secret)
      if (!found) throw new Error(`there is no secret ${secret} in ${path}`)
      return found
    },
    put,
    delete: async (secret) => {
      if (secrets.delete(secret)) await save()
    },
    keep: async (secret, make) => {
      const found = secrets.get(secret)
      if (found) return found
      const made = make()
      await put(secret, made)
      return made
    },
  }
}

const parse = (text: string, path: string): Record<string, Credentials> => {
  try {
    return JSON.parse(text) as Record<string, Credentials>
  } catch (cause) {
    const hint = 'Bring the file back from a copy; without it nobody can log in to the database beside it.'
    throw new IasqlError('host/not-started', `${path} does not hold JSON`, { hint, cause })
  }
}
