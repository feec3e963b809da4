/** What a resource may be called in a trail: services use its ARN, its id, or the last part of its URL. */
import type { UnknownAuthor } from '#postgres/statements/drift-author.ts'

/** Each name may cost a question. */
const mostNames = 3

export function trailNames({
  arn,
  cloud_id: cloudId,
  natural_name: name,
}: Pick<UnknownAuthor, 'arn' | 'cloud_id' | 'natural_name'>): readonly string[] {
  const ids = Object.values(cloudId)
  const ends = ids.flatMap((id) => (id.includes('/') ? (id.split('/').at(-1) ?? []) : []))
  const names = [
    ...(arn ? [arn] : []),
    ...ids.filter((id) => !id.includes('://')),
    ...ends,
    ...(name ? [name] : []),
  ]
  return [...new Set(names.filter((one) => one !== ''))].slice(0, mostNames)
}
