/** What the simulated service makes of attributes: defaults, digests, versions, what fits a request. */
import { createHash } from 'node:crypto'
import { tokenTag } from '#modules/kit/index.ts'
import type { DescribeInput, Tags } from './commands.ts'
import { type Attributes, type Kind, type KindName, kindOf } from './kinds.ts'
import { cloudIdOf, type State } from './world.ts'

/** What comes with it, and whatever its end takes along. */
export const goesAlong = ({ thing, attributes }: State, id: string): boolean => {
  const { goesWith } = kindOf(thing.kind)
  return thing.companionOf === id || (goesWith !== undefined && attributes[goesWith] === id)
}

/** What is in use though it has ended may stay so. */
export const unchanged = ({ references }: Kind, before: Attributes, next: Attributes): Attributes =>
  Object.fromEntries(
    Object.entries(references).flatMap(([name, to]) => {
      const isEnded = kindOf(to as KindName).family !== undefined && before[name] === next[name]
      return isEnded ? [[name, null]] : []
    }),
  )

/** Nobody can read a secret, but that it is another one. */
export const nextVersion = ({ secrets }: Kind, before: Attributes, said: Attributes): Attributes => {
  const isWritten = secrets.some((name) => (said[name] ?? null) !== null)
  return isWritten ? { version: Number(before.version ?? 0) + 1 } : {}
}

export const fits = (
  { attributes, thing }: State,
  { Ids, Token, Name, Parent, Where = {} }: DescribeInput,
): boolean =>
  (!Ids || Ids.includes(cloudIdOf(thing))) &&
  (Token === undefined || (attributes.tags as Tags | undefined)?.[tokenTag] === Token) &&
  (Name === undefined || attributes.name === Name) &&
  (Parent === undefined || thing.companionOf === Parent) &&
  Object.entries(Where).every(([name, value]) => attributes[name] === value)

export const withoutNulls = (given: Attributes): Attributes =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null))

/** Of bytes in base64 the SHA-256, in base64 too. */
export const digestIn = (bytes: string): string =>
  createHash('sha256').update(Buffer.from(bytes, 'base64')).digest('base64')

/** What is kept of contents is all that is ever told of them. */
export const withDigests = ({ contents }: Kind, given: Attributes): Attributes =>
  Object.fromEntries(
    Object.entries(given).map(([name, value]) => [
      name,
      contents.includes(name) && typeof value === 'string' ? digestIn(value) : value,
    ]),
  )

/** Cleared is as if it had never been said. */
export const withDefaults = ({ defaults }: Kind, given: Attributes): Attributes =>
  Object.fromEntries(Object.entries(given).map(([name, value]) => [name, value ?? defaults[name] ?? null]))

export const withoutToken = ({ tags, ...rest }: Attributes): Attributes => ({
  ...rest,
  tags: Object.fromEntries(Object.entries((tags ?? {}) as Tags).filter(([key]) => key !== tokenTag)),
})
