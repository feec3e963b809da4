/** The literals of a text, also of the texts inside it: what a user has written as a value, or has quoted by mistake. */
import { scanTokens } from './scan-tokens.ts'

/** How deep a DO block quotes what it executes. */
const deepest = 5

export function literalsOf(sql: string, depth = 0): readonly string[] {
  const found: string[] = []
  for (const { kind, text } of scanTokens(sql)) {
    if (kind !== 'string' && kind !== 'quoted') continue
    const literal = contentOf(text)
    found.push(literal)
    if (depth < deepest && /['"$]/.test(literal)) found.push(...literalsOf(literal, depth + 1))
  }
  return found
}

function contentOf(token: string): string {
  const tag = /^\$[^$]*\$/.exec(token)?.[0]
  if (tag) return token.slice(tag.length, token.endsWith(tag) ? -tag.length : undefined)
  const isEscaped = /^e'/i.test(token)
  const quote = token.startsWith('"') ? '"' : "'"
  const inner = token.slice(isEscaped ? 2 : 1, token.endsWith(quote) ? -1 : undefined)
  return (isEscaped ? inner.replace(/\\(.)/gs, '$1') : inner).replaceAll(quote + quote, quote)
}
