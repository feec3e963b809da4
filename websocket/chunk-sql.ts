/** SQL of any length as messages that fit API Gateway's frame: one `run`, or `part`s that the server joins. */
import { encodeMessage } from './codec.ts'
import { type ClientMessage, clientMessageBytes, type RunOptions } from './messages.ts'

/** Bytes of UTF-8. */
export const byteLength = (text: string): number => new TextEncoder().encode(text).length

/**
 * The messages that start a run; sending them again, in any order, starts nothing twice.
 * @example sqlMessages('0b6e…', 'SELECT 1') // [{ action: 'run', runId: '0b6e…', sql: 'SELECT 1' }]
 */
export function sqlMessages(runId: string, sql: string, options?: RunOptions): readonly ClientMessage[] {
  const extra = options && Object.keys(options).length > 0 ? { options } : {}
  const whole: ClientMessage = { action: 'run', runId, sql, ...extra }
  if (sql.length <= clientMessageBytes && byteLength(encodeMessage(whole)) <= clientMessageBytes)
    return [whole]
  const part = (index: number, count: number, text: string): ClientMessage => ({
    action: 'part',
    runId,
    index,
    count,
    text,
    ...extra,
  })
  const envelope = byteLength(encodeMessage(part(99_999, 99_999, '')))
  const texts = slices(sql, clientMessageBytes - envelope)
  return texts.map((text, index) => part(index, texts.length, text))
}

/** Cuts between characters, counting each as JSON writes it. */
function slices(text: string, budget: number): readonly string[] {
  const found: string[] = []
  let start = 0
  let spent = 0
  for (let at = 0; at < text.length; ) {
    const codePoint = text.codePointAt(at) ?? 0
    const cost = jsonBytes(codePoint)
    if (spent + cost > budget) {
      found.push(text.slice(start, at))
      start = at
      spent = 0
    }
    spent += cost
    at += codePoint > 0xffff ? 2 : 1
  }
  found.push(text.slice(start))
  return found
}

/** Bytes of one character inside a JSON string: at most, since `\n` and its kin take 2 and not 6. */
function jsonBytes(codePoint: number): number {
  if (codePoint < 0x20) return 6
  if (codePoint === 0x22 || codePoint === 0x5c) return 2
  if (codePoint < 0x80) return 1
  if (codePoint < 0x800) return 2
  if (codePoint >= 0xd800 && codePoint <= 0xdfff) return 6
  return codePoint < 0x10000 ? 3 : 4
}
