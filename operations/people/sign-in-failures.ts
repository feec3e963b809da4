/** Guessing is slow: who fails too often is refused for a while, whatever they show. */
import { createHash } from 'node:crypto'
import { IasqlError } from '#engine/model/error.ts'
import { insertFailure, refusedSeconds } from '#postgres/statements/sign-in-failure.ts'
import type { Ports } from '../ports.ts'
import { isJwt } from './bearer-text.ts'

const limit = { most: 10, seconds: 60 } as const

export interface Attempt {
  /** Where it comes from: an IP address. */
  readonly address: string
  /** A token, JWT, ticket or secret. */
  readonly shown: string
}

/** Those that a guess shows. An expired token, or one of a suspended tenant, was not guessed. */
const guesses: ReadonlySet<string> = new Set(['auth/refused', 'auth/ticket', 'auth/first-owner'])

/** Does `work` unless its source has failed too often, and counts when it fails. @throws IasqlError `auth/too-many` */
export async function limitFailures<Result>(
  { platform, log }: Pick<Ports, 'platform' | 'log'>,
  attempt: Attempt,
  work: () => Promise<Result>,
): Promise<Result> {
  const sources = sourcesOf(attempt)
  const seconds = await refusedSeconds(platform, sources)
  if (seconds > 0)
    throw new IasqlError(
      'auth/too-many',
      `Too many attempts to sign in have failed; try again in ${seconds} seconds.`,
    )
  try {
    return await work()
  } catch (error) {
    if (error instanceof IasqlError && error.blame === 'user') {
      log('info', 'A sign-in was refused.', {
        code: error.code,
        reason: error.message,
        address: attempt.address,
      })
      if (guesses.has(error.code)) await insertFailure(platform, sources, limit)
    }
    throw error
  }
}

/** The beginning of what is shown: guesses that vary its end come from one source, wherever they are sent from. */
function sourcesOf({ address, shown }: Attempt): readonly string[] {
  const from = sourceOf('address', networkOf(address))
  return isJwt(shown) ? [from] : [from, sourceOf('shown', shown.replace(/^iasql_/, '').slice(0, 12))]
}

const sourceOf = (kind: string, text: string): string =>
  createHash('sha256').update(`${kind}:${text}`).digest('base64url')

/** Who has one IPv6 address has the other 2^64 of its network too. */
export function networkOf(address: string): string {
  const [, mapped] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address) ?? []
  if (mapped !== undefined) return mapped
  if (!address.includes(':')) return address
  const [head = '', tail] = address.split('::', 2)
  const front = head.split(':').filter(Boolean)
  const back = (tail ?? '').split(':').filter(Boolean)
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - front.length - back.length }, () => '0')
  return [...front, ...zeros, ...back]
    .slice(0, 4)
    .map((group) => group.toLowerCase().replace(/^0+(?=.)/, ''))
    .join(':')
}
