/** The log of the one-machine host: one JSON line an entry on stderr, so that stdout stays for the ready line. */
import type { Log } from '#operations/ports.ts'

export type LogLevel = 'error' | 'warn' | 'info' | 'debug'

const order: readonly LogLevel[] = ['error', 'warn', 'info', 'debug']

const plain = (value: unknown): unknown =>
  value instanceof Error ? { name: value.name, message: value.message, stack: value.stack } : value

/** Writes entries of `level` and graver ones. */
export function stderrLog(level: LogLevel): Log {
  const most = order.indexOf(level)
  return (entryLevel, message, fields = {}) => {
    if (order.indexOf(entryLevel) > most) return
    const entry = { at: new Date().toISOString(), level: entryLevel, message, ...fields }
    process.stderr.write(`${JSON.stringify(entry, (_, value) => plain(value))}\n`)
  }
}
