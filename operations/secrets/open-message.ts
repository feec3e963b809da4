/** Opens what `pgp_pub_encrypt` made (RFC 4880, sections 5.1, 5.13 and 5.9), with Node's own RSA, AES and SHA-1. */
import { constants, createDecipheriv, createHash, privateDecrypt } from 'node:crypto'
import { readPackets } from './pgp-packets.ts'

const sessionKeyTag = 1
const encryptedTag = 18
const literalTag = 11
const encryptedVersion = 1
/** Version, id of the key, algorithm, and the bits of the number that follows. */
const sessionKeyHead = 1 + 8 + 1 + 2
const aes256 = 9
const aesBlock = 16
/** Tag and length of the packet at the end, which holds a SHA-1. */
const checkHead = Buffer.from([0xd3, 0x14])
const checkBytes = checkHead.length + 20

/** It lies with the message, not with where the key is kept: to ask again would not help. */
export class UnopenedMessage extends Error {
  override readonly name = 'UnopenedMessage'
}

const unopened = (cause?: unknown): UnopenedMessage =>
  new UnopenedMessage(
    'an encrypted value cannot be opened: it was encrypted under another key, or was changed',
    { cause },
  )

/** The text that was encrypted with `cipher-algo=aes256, compress-algo=0`. @throws UnopenedMessage when a bit of it is another. */
export function openMessage(privateKey: string, message: Uint8Array): string {
  try {
    return textOf(privateKey, message)
  } catch (error) {
    throw error instanceof UnopenedMessage ? error : unopened(error)
  }
}

function textOf(privateKey: string, message: Uint8Array): string {
  const packets = readPackets(message)
  const wrapped = packets.find(({ tag }) => tag === sessionKeyTag)?.body
  const encrypted = packets.find(({ tag }) => tag === encryptedTag)?.body
  if (!wrapped || encrypted?.[0] !== encryptedVersion) throw unopened()
  const plain = decrypt(sessionKey(privateKey, wrapped), encrypted)
  const literal = readPackets(plain).find(({ tag }) => tag === literalTag)?.body
  if (!literal) throw unopened()
  // Its format, the length of a file name, that name, a date.
  return literal.subarray(2 + literal.readUInt8(1) + 4).toString('utf8')
}

/** The algorithm, the key, and the sum of the key's octets. */
function sessionKey(privateKey: string, wrapped: Buffer): Buffer {
  const padded = unwrap(privateKey, wrapped.subarray(sessionKeyHead))
  const key = padded.subarray(1, -2)
  const sum = key.reduce((total, octet) => total + octet, 0) & 0xffff
  if (padded.length !== 35 || padded.readUInt8(0) !== aes256 || padded.readUInt16BE(33) !== sum)
    throw unopened()
  return key
}

/** Leading zeros are not written; RSA wants as many octets as its modulus has. */
function unwrap(privateKey: string, number: Buffer): Buffer {
  const whole = Buffer.alloc(384)
  try {
    number.copy(whole, whole.length - number.length)
    return privateDecrypt({ key: privateKey, padding: constants.RSA_PKCS1_PADDING }, whole)
  } catch {
    throw unopened()
  }
}

/** A block of noise, whose last two octets are there twice, then packets, the last of which is a hash of all before. */
function decrypt(key: Buffer, encrypted: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-cfb', key, Buffer.alloc(aesBlock))
  const plain = Buffer.concat([decipher.update(encrypted.subarray(1)), decipher.final()])
  const end = plain.length - checkBytes
  const hashed = plain.subarray(0, end + checkHead.length)
  const hash = createHash('sha1').update(hashed).digest()
  if (end < aesBlock + 2 || !hash.equals(plain.subarray(-hash.length))) throw unopened()
  return plain.subarray(aesBlock + 2, end)
}
