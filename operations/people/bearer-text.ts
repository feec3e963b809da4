/** The texts that open the door: made of 32 random bytes, and stored by nothing but their hash. */
import { createHash, randomBytes } from 'node:crypto'

/** How a token, a ticket or a one-time secret is stored. */
export const textHash = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex')

export const newTicketText = (): string => randomBytes(32).toString('base64url')

/** The beginning tells people and scanners for leaked secrets what it is. */
export const newTokenText = (): string => `iasql_${randomBytes(32).toString('base64url')}`

/** Three parts in base64url; our own texts have no dots. */
export const isJwt = (text: string): boolean => /^[\w-]+\.[\w-]+\.[\w-]*$/.test(text)
