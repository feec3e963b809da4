/** Contents as statements give them: as text where that is what comes back, else as bytes in hexadecimal digits. */
import type { TableSpec } from '#engine/model/table.ts'
import type { AuditedChange } from './audited-change.ts'

const marker = /^sha256:[0-9a-f]{64}$/
const hexadecimal = /^\\x([0-9a-f]{2})*$/

export function contentText(bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes)
  const isText =
    !text.includes('\0') &&
    !marker.test(text) &&
    !hexadecimal.test(text) &&
    Buffer.from(text).equals(Buffer.from(bytes))
  return isText ? text : `\\x${Buffer.from(bytes).toString('hex')}`
}

/** What the new values of changes stand for. */
export function contentDigests(
  table: TableSpec | undefined,
  { original, change }: AuditedChange,
): readonly string[] {
  return Object.entries(table?.columns ?? {}).flatMap(([name, { content }]) => {
    const value = content ? change?.[name] : undefined
    return typeof value === 'string' && value !== original?.[name] ? [value] : []
  })
}
