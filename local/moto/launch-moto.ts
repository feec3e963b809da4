/** Starts the emulator's process and waits until it answers. */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { IasqlError } from '#engine/model/error.ts'
import { endWithUs, hasExited } from '../process/end-process.ts'
import type { MotoCommand } from './install-moto.ts'

/** Its standard error is its log: a line for every call. */
export type MotoProcess = ChildProcessByStdio<null, null, Readable>

export const motoSettings = {
  PYTHONUNBUFFERED: '1',
  // Roles and users mostly have policies of AWS's own.
  MOTO_IAM_LOAD_MANAGED_POLICIES: 'true',
  // Nothing runs, so services count as many tasks as running; with fewer than are desired they never become steady.
  MOTO_ECS_SERVICE_RUNNING: '100',
} as const

const readyWithinMs = 60_000
const keptOutput = 4_000

export const launchMoto = async (
  { program, parameters }: MotoCommand,
  port: number,
): Promise<MotoProcess> => {
  const child = spawn(program, [...parameters, '-H', '127.0.0.1', '-p', String(port)], {
    // A group of its own: Ctrl-C at the terminal is for us, and an apply may still need the emulator.
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...motoSettings },
  })
  endWithUs(child, 'SIGTERM')
  let output = ''
  child.stderr.on('data', (chunk) => {
    output = (output + chunk).slice(-keptOutput)
  })
  child.on('error', (error) => {
    output += error.message
  })
  const deadline = performance.now() + readyWithinMs
  while (!(await answers(port))) {
    if (hasExited(child)) throw notStarted('ended', output)
    if (performance.now() > deadline) {
      child.kill('SIGKILL')
      throw notStarted('does not answer after a minute', output)
    }
    await delay(10)
  }
  // Its log must not keep a process alive that has nothing else to do.
  if ('unref' in child.stderr && typeof child.stderr.unref === 'function') child.stderr.unref()
  return child
}

const answers = async (port: number): Promise<boolean> => {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/moto-api/data.json`, {
      signal: AbortSignal.timeout(5_000),
    })
    await response.arrayBuffer()
    return response.ok
  } catch {
    return false
  }
}

const notStarted = (what: string, output: string): IasqlError =>
  new IasqlError('host/not-started', `the AWS emulator ${what}: ${output.trim().split('\n').at(-1)}`, {
    hint: 'Install moto[server] 5 so that moto_server is on PATH, or set AWS_ENDPOINT_URL.',
  })
