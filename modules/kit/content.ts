/** Content columns on their way: bytes to AWS, digests back. */
import { IasqlError } from '#engine/model/error.ts'
import type { ContentDigest } from './row.ts'

/** AWS tells the SHA-256 of what it holds in base64; null where it does not. */
export const digestOf = (sha256: string | null | undefined): ContentDigest | null =>
  sha256 ? (`sha256:${Buffer.from(sha256, 'base64').toString('hex')}` as ContentDigest) : null

/** The bytes that a create, or an update whose delta names the column, is to send. */
export function bytesOf(value: Uint8Array | ContentDigest | null): Uint8Array {
  if (value === null) return new Uint8Array()
  if (typeof value !== 'string') return value
  throw new IasqlError('system/internal', 'a mapper asked for content that its call does not send')
}
