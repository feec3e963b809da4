/** The tokens that creates of a row carry, attempt by attempt: they tell for which row a resource was made. */
import { createHash } from 'node:crypto'

const mostAttempts = 40

export function tokensOf(tenantId: string, rowKeys: readonly string[]): ReadonlyMap<string, string> {
  const tokens = new Map<string, string>()
  for (const key of new Set(rowKeys)) {
    for (let attempt = 0; attempt < mostAttempts; attempt++) {
      tokens.set(createHash('sha256').update(`${tenantId}/${key}/${attempt}`).digest('hex'), key)
    }
  }
  return tokens
}
