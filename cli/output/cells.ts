/** Text for a terminal: how wide it is, and without anything that would command the terminal. */
import stringWidth from 'string-width'

/** Right-aligned, as psql does. */
export const numericTypes: ReadonlySet<string> = new Set([
  ...['int2', 'int4', 'int8', 'float4', 'float8', 'numeric', 'money', 'oid', 'xid', 'xid8', 'cid'],
])

/** Lines of a cell; control characters are shown as psql shows them. */
export const cellLines = (value: string | null): readonly string[] =>
  (value ?? '').split('\n').map((line) =>
    line.replace(/\p{Cc}/gu, (character) => {
      if (character === '\r') return '\\r'
      return `\\x${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
    }),
  )

export const widthOf = (line: string): number => stringWidth(line)

export function pad(line: string, width: number, align: 'left' | 'right' | 'center'): string {
  const missing = Math.max(0, width - widthOf(line))
  if (align === 'left') return line + ' '.repeat(missing)
  const before = align === 'right' ? missing : Math.floor(missing / 2)
  return ' '.repeat(before) + line + ' '.repeat(missing - before)
}
