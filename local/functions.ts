/** Lambda on one machine: time limits, events that nobody waits for with their retries, and the letters of those that never work. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Context } from 'aws-lambda'
import type { Log } from '#operations/ports.ts'
import { invoke } from './gateway/handlers.ts'

type Handler<Event, Result> = (event: Event, context: Context) => Promise<Result>

/** An event whose function failed each time: on AWS a message in the queue of dead letters. */
export interface DeadLetter {
  readonly functionName: string
  readonly event: object
  readonly attempts: number
  readonly error: unknown
}

export interface FunctionSettings {
  /** Milliseconds that an invocation may take; by default Lambda's 15 minutes. */
  readonly limitMs?: number
  /** Milliseconds before each further attempt at an event; by default those of Lambda. */
  readonly retriesMs?: readonly number[]
  /** Stands between the service and each invocation; for tests. */
  readonly around?: <Result>(functionName: string, work: () => Promise<Result>) => Promise<Result>
}

export interface LocalFunctions {
  /** The same handler, for a service that calls it by itself and within limits of its own. */
  behind<Event, Result>(name: string, handler: Handler<Event, Result>): Handler<Event, Result>
  /** Calls and waits for the result. */
  call<Event, Result>(name: string, handler: Handler<Event, Result>): (event: Event) => Promise<Result>
  /** Hands an event over without waiting. */
  send<Event extends object>(name: string, handler: Handler<Event, unknown>): (event: Event) => void
  /** The latest of them. */
  readonly deadLetters: readonly DeadLetter[]
  /** Tries no event again; resolves when what is at work has ended. */
  close(): Promise<void>
}

const lambdaLimitMs = 900_000
const lambdaRetriesMs = [60_000, 120_000]
const keptLetters = 100

/** @example const functions = localFunctions(log, { limitMs: 1_000 }) */
export function localFunctions(log: Log, settings: FunctionSettings = {}): LocalFunctions {
  const { limitMs = lambdaLimitMs, retriesMs = lambdaRetriesMs, around = (_, work) => work() } = settings
  const deadLetters: DeadLetter[] = []
  const running = new Set<Promise<void>>()
  const closing = new AbortController()

  const behind =
    <Event, Result>(name: string, handler: Handler<Event, Result>): Handler<Event, Result> =>
    (event, context) =>
      around(name, () => handler(event, context))
  const call =
    <Event, Result>(name: string, handler: Handler<Event, Result>) =>
    (event: Event): Promise<Result> =>
      invoke(name, behind(name, handler), event, limitMs)

  const bury = (letter: DeadLetter): void => {
    deadLetters.push(letter)
    if (deadLetters.length > keptLetters) deadLetters.shift()
    log('error', 'An event was given up; on AWS it would be in the queue of dead letters.', { ...letter })
  }

  const attempt = async (
    functionName: string,
    work: () => Promise<unknown>,
    event: object,
  ): Promise<void> => {
    for (const [index, waitMs] of [...retriesMs, undefined].entries()) {
      try {
        await work()
        return
      } catch (error) {
        if (waitMs === undefined) return bury({ functionName, event, attempts: index + 1, error })
        await delay(waitMs, undefined, { signal: closing.signal, ref: false })
      }
    }
  }

  return {
    behind,
    call,
    send: (name, handler) => {
      const once = call(name, handler)
      return (event) => {
        const work = attempt(name, () => once(event), event)
          // Closed while it waited: whoever serves next takes the run up.
          .catch(() => undefined)
          .finally(() => running.delete(work))
        running.add(work)
      }
    },
    deadLetters,
    close: async () => {
      closing.abort()
      await Promise.all(running)
    },
  }
}
