/** Private texts on AWS: each a secret of Secrets Manager, encrypted there under a key of KMS. */
import { setTimeout as delay } from 'node:timers/promises'
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  GetSecretValueCommand,
  ResourceExistsException,
  ResourceNotFoundException,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import type { PrivateTexts } from './secret-keys.ts'

/** Milliseconds between looks for a text that another has made, which a read may not find at once. */
const waits: readonly number[] = [100, 200, 400, 800, 1_600, 3_200, 6_400]

const recoveryDays = 7

export function secretsManagerTexts(
  client: Pick<SecretsManagerClient, 'send'>,
  pause: (ms: number) => Promise<unknown> = delay,
): PrivateTexts {
  const read = async (name: string): Promise<string | undefined> => {
    try {
      return (await client.send(new GetSecretValueCommand({ SecretId: name }))).SecretString
    } catch (error) {
      if (error instanceof ResourceNotFoundException) return undefined
      throw error
    }
  }
  /** The own text is kept nowhere, so without the other one there is none. */
  const readOther = async (name: string): Promise<string> => {
    for (const ms of [0, ...waits]) {
      if (ms > 0) await pause(ms)
      const other = await read(name)
      if (other !== undefined) return other
    }
    throw new Error(`the secret ${name} exists, and its text cannot be read`)
  }
  return {
    read,
    keep: async (name, text) => {
      try {
        await client.send(
          new CreateSecretCommand({ Name: name, SecretString: text, Description: 'Key of secret columns' }),
        )
        return text
      } catch (error) {
        if (!(error instanceof ResourceExistsException)) throw error
        return await readOther(name)
      }
    },
    // A database that is restored from a backup of these days needs it.
    delete: async (name) => {
      try {
        await client.send(new DeleteSecretCommand({ SecretId: name, RecoveryWindowInDays: recoveryDays }))
      } catch (error) {
        if (!(error instanceof ResourceNotFoundException)) throw error
      }
    },
  }
}
