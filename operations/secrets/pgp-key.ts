/** The key that PostgreSQL encrypts a tenant's secrets under: an RSA pair of Node's, its public half in pgcrypto's format. */
import { createPublicKey, generateKeyPair } from 'node:crypto'
import { promisify } from 'node:util'
import { multiprecision, packet } from './pgp-packets.ts'

const bits = 3_072
const publicKeyTag = 6
const publicSubkeyTag = 14
const version = 4
const rsa = 1

/** A private key as PEM (PKCS 8). */
export async function makePrivateKey(): Promise<string> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', {
    modulusLength: bits,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  return privateKey
}

/**
 * The public half as `pgp_pub_encrypt` takes it: it skips the main key and encrypts under the one subkey. Nobody else reads
 * it, so it has no user id and no signatures.
 */
export function publicKeyOf(privateKey: string): Buffer {
  const { n = '', e = '' } = createPublicKey(privateKey).export({ format: 'jwk' })
  const madeAt = Buffer.alloc(4)
  const body = Buffer.concat([
    Buffer.from([version]),
    madeAt,
    Buffer.from([rsa]),
    multiprecision(Buffer.from(n, 'base64url')),
    multiprecision(Buffer.from(e, 'base64url')),
  ])
  return Buffer.concat([packet(publicKeyTag, body), packet(publicSubkeyTag, body)])
}
