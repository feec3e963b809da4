/** An emulator for one test file: a fork of the one that all tests share where there is such a thing, else a process of its own. */
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { launchMoto } from '#local/moto/launch-moto.ts'
import { hasExited } from '#local/process/end-process.ts'
import { freePort } from '#local/process/free-port.ts'
import { forkMoto, testMoto } from './moto-stem.ts'

export interface TestMoto {
  readonly endpoint: string
  /** Calls of AWS services that it has answered so far. */
  calls(): Promise<number>
  /** Forgets every resource. */
  reset(): Promise<void>
  stop(): Promise<void>
}

interface Emulator {
  readonly port: number
  readonly log: NodeJS.ReadableStream
  stop(): Promise<void>
}

/** A line of its log for one call: `"POST / HTTP/1.1" 200 -`. */
const callLine = /"[A-Z]+ (?!\/moto-api\/)\S+ HTTP\/[\d.]+"/g

/** `port` serves at the address of an emulator that was stopped. */
export const startTestMoto = async (port?: number): Promise<TestMoto> => {
  const emulator = (await forked(port)) ?? (await launched(port))
  const endpoint = `http://127.0.0.1:${emulator.port}`
  let calls = 0
  emulator.log.on('data', (chunk) => {
    calls += String(chunk).match(callLine)?.length ?? 0
  })
  return {
    endpoint,
    calls: async () => {
      await delay(50)
      return calls
    },
    reset: async () => {
      await fetch(`${endpoint}/moto-api/reset`, { method: 'POST' })
    },
    stop: emulator.stop,
  }
}

const forked = async (port: number | undefined): Promise<Emulator | undefined> => {
  const fork = await forkMoto(port)
  return (
    fork && {
      port: fork.port,
      log: fork.connection,
      stop: async () => {
        if (fork.connection.closed) return
        fork.connection.ref().end()
        await once(fork.connection, 'close')
      },
    }
  )
}

const launched = async (port: number | undefined): Promise<Emulator> => {
  const servedPort = port ?? (await freePort())
  const child = await launchMoto(await testMoto(), servedPort)
  child.unref()
  return {
    port: servedPort,
    log: child.stderr,
    stop: async () => {
      if (hasExited(child)) return
      child.ref()
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}
