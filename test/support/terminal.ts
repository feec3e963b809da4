/** A terminal in memory: what a command writes is kept, what the test types is read. */
import { EventEmitter } from 'node:events'
import { PassThrough, Writable } from 'node:stream'
import type { Terminal } from '#cli/terminal.ts'

export interface TestTerminal extends Terminal {
  readonly stdin: PassThrough
  out(): string
  err(): string
  /** Ctrl-C, where no prompt reads keys. */
  interrupt(): void
}

export function testTerminal(options: { env?: Record<string, string>; isTTY?: boolean } = {}): TestTerminal {
  const { env = {}, isTTY = false } = options
  const interrupts = new EventEmitter()
  const texts = { out: '', err: '' }
  const output = (to: keyof typeof texts) =>
    Object.assign(
      new Writable({
        write: (chunk, _, done) => {
          texts[to] += chunk
          done()
        },
      }),
      { isTTY, columns: 80 },
    )
  return {
    env,
    stdin: Object.assign(new PassThrough(), { isTTY }),
    stdout: output('out'),
    stderr: output('err'),
    out: () => texts.out,
    err: () => texts.err,
    interrupt: () => interrupts.emit('interrupt'),
    onInterrupt: (listener) => {
      interrupts.on('interrupt', listener)
      return () => interrupts.off('interrupt', listener)
    },
  }
}
