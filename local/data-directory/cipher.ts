/** AES-256-GCM for the text of runs; the key is a file beside the database, never in it. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { Cipher } from '#operations/ports.ts'

const algorithm = 'aes-256-gcm'
const ivBytes = 12
const tagBytes = 16

/** Text ↔ base64 of iv, tag and ciphertext. `key` is 32 bytes. */
export const createCipher = (key: Uint8Array): Cipher => ({
  encrypt: async (plain) => {
    const iv = randomBytes(ivBytes)
    const cipher = createCipheriv(algorithm, key, iv)
    const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()])
    return Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64')
  },
  decrypt: async (text) => {
    const bytes = Buffer.from(text, 'base64')
    const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, ivBytes), { authTagLength: tagBytes })
    decipher.setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes))
    const body = bytes.subarray(ivBytes + tagBytes)
    return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8')
  },
})
