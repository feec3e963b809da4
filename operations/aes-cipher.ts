/** The cipher of run texts: AES-256-GCM under a key that is not in the database. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { Cipher } from './ports.ts'

const nonceBytes = 12
const tagBytes = 16

/**
 * Ciphertext is base64 of nonce, tag and data; a changed byte or another key makes `decrypt` reject.
 * @example const cipher = aesCipher(randomBytes(32))
 */
export function aesCipher(key: Uint8Array): Cipher {
  return {
    encrypt: async (plain) => {
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv('aes-256-gcm', key, nonce)
      const data = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()])
      return Buffer.concat([nonce, cipher.getAuthTag(), data]).toString('base64')
    },
    decrypt: async (text) => {
      const bytes = Buffer.from(text, 'base64')
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceBytes), {
        authTagLength: tagBytes,
      })
      decipher.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes))
      const data = bytes.subarray(nonceBytes + tagBytes)
      return Buffer.concat([decipher.update(data), decipher.final()]).toString('utf8')
    },
  }
}
