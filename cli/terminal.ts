/** What commands see of the process: its streams, its environment, and Ctrl-C. Tests make their own. */
import type { Readable, Writable } from 'node:stream'

interface Output extends Writable {
  readonly isTTY?: boolean
  readonly columns?: number
}

export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdin: Readable & { readonly isTTY?: boolean }
  readonly stdout: Output
  readonly stderr: Output
  /** Calls back on each Ctrl-C until the function it returns is called. */
  onInterrupt(listener: () => void): () => void
}

/** npm and our own re-execution pass on a Ctrl-C that the terminal has sent already; no hand is this fast. */
const samePressMs = 100

export function processTerminal(): Terminal & { flush(): Promise<void> } {
  const { env, stdin, stdout, stderr } = process
  // A reader that left (`| head`) is no crash; who writes looks at `writable`.
  for (const stream of [stdout, stderr]) stream.on('error', () => undefined)
  return {
    env,
    stdin,
    stdout,
    stderr,
    onInterrupt: (listener) => {
      let lastAt = Number.NEGATIVE_INFINITY
      const onSignal = () => {
        const now = performance.now()
        if (now - lastAt >= samePressMs) listener()
        lastAt = now
      }
      process.on('SIGINT', onSignal)
      return () => process.off('SIGINT', onSignal)
    },
    flush: async () => {
      await Promise.all([stdout, stderr].map((stream) => written(stream)))
    },
  }
}

/** Resolves when the stream has taken all that was written, or broke. */
export function written(stream: Writable): Promise<void> {
  if (!stream.writable) return Promise.resolve()
  return new Promise((resolve) => {
    stream.once('close', resolve)
    stream.write('', () => {
      stream.off('close', resolve)
      resolve()
    })
  })
}
