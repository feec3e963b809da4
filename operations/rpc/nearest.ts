/** Names that somebody may have meant. */
import { distance } from 'fastest-levenshtein'

/** `; did you mean aws_vpc or aws_sqs?`, or nothing when no name is near. */
export function nearest(name: string, known: readonly string[]): string {
  const near = known
    .map((one) => ({ one, far: distance(name, one) }))
    .filter(({ one, far }) => far <= Math.max(3, Math.ceil(one.length / 2)))
    .sort((a, b) => a.far - b.far)
    .slice(0, 3)
    .map(({ one }) => one)
  return near.length > 0 ? `; did you mean ${near.join(' or ')}?` : ''
}
