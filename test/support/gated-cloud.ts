/** A cloud whose calls a test can hold: it sees which are in flight, and decides when each goes on. */
import type { CloudApi } from '#engine/model/cloud.ts'
import { IasqlError } from '#engine/model/error.ts'
import type { Cloud } from '#operations/ports.ts'
import { until } from './host.ts'

export interface GatedCall {
  readonly operation: string
  readonly input: object
  /** JSON of the input: enough to tell which resource it is about. */
  readonly text: string
}

export interface Hold {
  /** Calls that were held, in the order in which they came. */
  readonly held: readonly GatedCall[]
  /** Resolves when so many have come. */
  arrived(count?: number): Promise<void>
  /** Lets them go on, and no other is held. */
  release(): void
  /** Lets them end with this error, and no other is held. */
  refuse(error: IasqlError): void
  /** The same, as calls end that reach nothing. */
  fail(): void
}

export interface GatedCloud {
  readonly wrap: (cloud: Cloud) => Cloud
  /** Every call that reached the cloud. */
  readonly made: readonly GatedCall[]
  /** `answer`: the cloud has done it and its answer is held; `request`: the cloud does not hear of it yet. */
  hold(at: 'request' | 'answer', picks: (call: GatedCall) => boolean): Hold
}

interface Gate extends Hold {
  readonly at: 'request' | 'answer'
  readonly picks: (call: GatedCall) => boolean
  pass(call: GatedCall, signal: AbortSignal): Promise<void>
}

export function gatedCloud(): GatedCloud {
  const made: GatedCall[] = []
  let gates: readonly Gate[] = []
  const pass = async (at: Gate['at'], call: GatedCall, signal: AbortSignal): Promise<void> => {
    await gates.find((gate) => gate.at === at && gate.picks(call))?.pass(call, signal)
  }
  return {
    made,
    wrap: (cloud) => ({
      settleMs: (published) => cloud.settleMs(published),
      api: (client, place, signal) => {
        const api = cloud.api(client, place, signal)
        const send: CloudApi['send'] = async (command, input) => {
          const operation = command.name.replace(/Command$/, '')
          const call = { operation, input, text: JSON.stringify(input) }
          await pass('request', call, signal)
          const output = await api.send(command, input)
          made.push(call)
          await pass('answer', call, signal)
          return output
        }
        return {
          ...api,
          send,
          async *pages(command, input, items) {
            const call = {
              operation: command.name.replace(/Command$/, ''),
              input,
              text: JSON.stringify(input),
            }
            await pass('request', call, signal)
            yield* api.pages(command, input, items)
            made.push(call)
            await pass('answer', call, signal)
          },
        }
      },
    }),
    hold(at, picks) {
      const gate = gateAt(at, picks, () => {
        gates = gates.filter((one) => one !== gate)
      })
      gates = [...gates, gate]
      return gate
    },
  }
}

const codes = { request: 'cloud/unreachable', answer: 'cloud/unknown-outcome' } as const

function gateAt(at: Gate['at'], picks: Gate['picks'], removed: () => void): Gate {
  const held: GatedCall[] = []
  const { promise: opened, resolve: open, reject: refuse } = Promise.withResolvers<void>()
  opened.catch(() => undefined)
  return {
    at,
    picks,
    held,
    arrived: (count = 1) => until(() => held.length >= count),
    release() {
      removed()
      open()
    },
    refuse(error) {
      removed()
      refuse(error)
    },
    fail() {
      removed()
      refuse(new IasqlError(codes[at], 'nothing was reached'))
    },
    async pass(call, signal) {
      held.push(call)
      const aborted = new Promise<never>((_, reject) => {
        const giveUp = () => reject(new IasqlError(codes[at], `${call.operation}: given up`))
        if (signal.aborted) giveUp()
        signal.addEventListener('abort', giveUp, { once: true })
      })
      await Promise.race([opened, aborted])
    },
  }
}
