/** An emulator for one test file: a process of its own, from the one on PATH or an installation that all tests share. */
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { findMotoOnPath, installMoto } from '#local/moto/install-moto.ts'
import { launchMoto } from '#local/moto/launch-moto.ts'
import { endWithUs, hasExited } from '#local/process/end-process.ts'
import { freePort } from '#local/process/free-port.ts'

const sharedInstallation = fileURLToPath(new URL('../../.iasql/moto', import.meta.url))

export interface TestMoto {
  readonly endpoint: string
  /** Calls of AWS services that it has answered so far. */
  calls(): Promise<number>
  /** Forgets every resource. */
  reset(): Promise<void>
  stop(): Promise<void>
}

/** A line of its log for one call: `"POST / HTTP/1.1" 200 -`. */
const callLine = /"[A-Z]+ (?!\/moto-api\/)\S+ HTTP\/[\d.]+"/g

/** `port` serves at the address of an emulator that was stopped. */
export const startTestMoto = async (port?: number): Promise<TestMoto> => {
  const command = (await findMotoOnPath()) ?? (await installMoto(sharedInstallation, console.error))
  const servedPort = port ?? (await freePort())
  const endpoint = `http://127.0.0.1:${servedPort}`
  const child = await launchMoto(command, servedPort)
  endWithUs(child, 'SIGKILL')
  child.unref()
  let calls = 0
  child.stderr.on('data', (chunk) => {
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
    stop: async () => {
      if (hasExited(child)) return
      child.ref()
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}
