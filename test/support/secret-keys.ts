/** Keys of secret columns for tests: in memory, and one pair for the whole process, since making one takes its time. */
import type { SecretKeys } from '#operations/ports.ts'
import { makePrivateKey } from '#operations/secrets/pgp-key.ts'
import { secretKeysIn } from '#operations/secrets/secret-keys.ts'

let pair: Promise<string> | undefined

export const testSecretKeys = (): SecretKeys => {
  const read = (): Promise<string> => {
    pair ??= makePrivateKey()
    return pair
  }
  return secretKeysIn({ read, keep: read, delete: async () => undefined })
}
