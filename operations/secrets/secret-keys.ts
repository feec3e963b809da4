/** Tenants' keys over a place that keeps private texts: a file on one machine, Secrets Manager on AWS. */
import type { SecretKeys } from '../ports.ts'
import { openMessage } from './open-message.ts'
import { makePrivateKey, publicKeyOf } from './pgp-key.ts'

/** Where private keys are kept. */
export interface PrivateTexts {
  read(name: string): Promise<string | undefined>
  /** Gives the text kept under the name: this one, unless another was kept before. */
  keep(name: string, text: string): Promise<string>
  /** Does nothing when there is none. */
  delete(name: string): Promise<void>
}

/** @example const secretKeys = secretKeysIn(await openPrivateTexts(path)) */
export function secretKeysIn(texts: PrivateTexts): SecretKeys {
  /** A key never changes under its name. */
  const known = new Map<string, string>()
  const read = async (name: string): Promise<string | undefined> => {
    const key = known.get(name) ?? (await texts.read(name))
    if (key !== undefined) known.set(name, key)
    return key
  }
  return {
    publicKey: async (name) =>
      publicKeyOf((await read(name)) ?? (await texts.keep(name, await makePrivateKey()))),
    open: async (name, messages) => {
      const privateKey = await read(name)
      if (privateKey === undefined) throw new Error(`the private key ${name} is not where it is kept`)
      return messages.map((message) => openMessage(privateKey, message))
    },
    delete: async (name) => {
      known.delete(name)
      await texts.delete(name)
    },
  }
}
