/** The cloud port over the simulated service: calls that take time, are limited, fail, get lost and land late. */
import { classifyError } from '#aws/classify-error.ts'
import { each } from '#aws/each.ts'
import { operationOf } from '#aws/operation-of.ts'
import { pagesBy } from '#aws/pages.ts'
import type { CloudApi, Place, SdkCommandClass } from '#engine/model/cloud.ts'
import { IasqlError } from '#engine/model/error.ts'
import { bucketsOf } from '#engine/throttle/buckets.ts'
import { type Bucket, fullBucket, take } from '#engine/throttle/token-bucket.ts'
import type { Cloud } from '#operations/ports.ts'
import { isRead, operationNamed } from './commands.ts'
import { kindOf } from './kinds.ts'
import { Refusal } from './refusal.ts'
import { Service } from './service.ts'
import type { VirtualClock } from './virtual-clock.ts'
import { type Fate, type Fault, Forecast, type Latency } from './weather.ts'
import { type Thing, World } from './world.ts'

export interface SimulatedCall {
  readonly operation: string
  readonly place: Place
  readonly atMs: number
  readonly isWrite: boolean
}

export interface SimulatedCloudOptions {
  readonly clock: VirtualClock
  readonly seed?: number
  readonly regions?: readonly string[]
  readonly latency?: (operation: string) => Latency
  /** Whether calls above the published rates are refused; they are unless this says otherwise. */
  readonly isLimited?: boolean
  readonly pageSize?: number
}

/** As long as a single call may take (aws/create-cloud.ts). */
const patienceMs = 30_000
const readsAtATime = 16

interface Call {
  readonly operation: string
  readonly input: object
  readonly place: Place
  readonly signal: AbortSignal
  readonly isWrite: boolean
}

export class SimulatedCloud implements Cloud {
  readonly world: World
  readonly service: Service
  readonly forecast: Forecast
  readonly calls: SimulatedCall[] = []
  /** Faults that really happened, by name. */
  readonly faults = new Map<Fault | 'limited' | 'refused', number>()
  readonly #options: SimulatedCloudOptions
  readonly #buckets = new Map<string, Bucket>()
  #reads = 0

  constructor(options: SimulatedCloudOptions) {
    this.#options = options
    this.world = new World(options.clock)
    this.service = new Service(this.world)
    this.forecast = new Forecast(options.seed ?? 1, options.latency)
  }

  settleMs(published: number): number {
    return published
  }

  api(_: unknown, place: Place, signal: AbortSignal): CloudApi {
    const send = async <Input extends object, Output extends object>(
      command: SdkCommandClass<Input, Output>,
      input: Input,
    ): Promise<Output> => {
      const operation = operationOf(new command(input))
      const named = operationNamed(operation)
      const isWrite = named !== undefined && !isRead(named)
      if (signal.aborted)
        throw new IasqlError('cloud/unreachable', `${operation} was not called: out of time.`)
      try {
        return (await this.#call({ operation, input, place, signal, isWrite })) as Output
      } catch (error) {
        if (error instanceof Refusal) this.#count('refused')
        throw classifyError(error, operation, 'aws')
      }
    }
    return {
      place,
      send,
      pages: pagesBy(send),
      each: (ids, read) => each(ids, read, readsAtATime),
    }
  }

  async #call(call: Call): Promise<object> {
    const { operation, place, isWrite, input } = call
    const { clock } = this.#options
    this.calls.push({ operation, place, atMs: clock.nowMs, isWrite })
    const fate = this.forecast.fateOf(operation, input, isWrite)
    if (fate.fault) this.#count(fate.fault)
    const isOverRate = this.#isOverRate(call)
    await this.#under(call, fate.toMs, fate)
    if (isOverRate || fate.fault === 'throttled')
      throw new Refusal('RequestLimitExceeded', 'Request limit exceeded.', 503)
    if (fate.fault === 'denied') throw new Refusal('UnauthorizedOperation', 'You are not authorized.', 403)
    if (fate.fault === 'failed' || fate.fault === 'unread')
      throw new Refusal('InternalError', 'An internal error has occurred.', 500)
    if (fate.fault === 'late') {
      this.#landLate(call, fate)
      throw new Refusal('TimeoutError', 'socket hang up', 500)
    }
    const output = this.#effect(call)
    if (fate.fault === 'failedAfter')
      throw new Refusal('InternalError', 'An internal error has occurred.', 500)
    await this.#under(call, fate.fault === 'lost' ? patienceMs - fate.toMs : fate.backMs, undefined)
    if (fate.fault === 'lost') throw new Refusal('TimeoutError', 'The connection timed out.', 500)
    return output
  }

  /** A caller that gives up before the effect may find it landing afterwards. */
  async #under(call: Call, ms: number, fate: Fate | undefined): Promise<void> {
    try {
      await this.#options.clock.sleep(ms, call.signal)
    } catch {
      if (fate && call.isWrite && fate.fault === undefined) this.#landLate(call, fate)
      throw new Refusal('AbortError', 'The request was aborted.', 500)
    }
  }

  #landLate(call: Call, { stragglerMs }: Fate): void {
    void this.#options.clock.sleep(stragglerMs).then(() => {
      try {
        this.#effect(call)
      } catch (error) {
        // Nobody hears it.
        if (!(error instanceof Refusal)) throw error
      }
    })
  }

  #effect({ operation, input, place, isWrite }: Call): object {
    if (operation === 'DescribeRegions')
      return { Regions: (this.#options.regions ?? [place.region]).map((RegionName) => ({ RegionName })) }
    const named = operationNamed(operation)
    if (!named) throw new Refusal('InvalidAction', `There is no ${operation}.`)
    if (isWrite) return this.service.write(named, input, place)
    const { settleMs } = kindOf(named.kind)
    const read = ++this.#reads
    const lagMs = (thing: Thing): number => {
      const ms = this.forecast.lagMs(settleMs, `${read} ${thing.id}`)
      if (ms > 0) this.#count('stale')
      return ms
    }
    return this.service.read({ ...named, place, lagMs, pageSize: this.#options.pageSize ?? 50 }, input)
  }

  #isOverRate({ operation, place }: Call): boolean {
    if (this.#options.isLimited === false) return false
    const nowMs = this.#options.clock.nowMs
    const taken = bucketsOf('EC2', operation).map((spec) => {
      const key = `${place.accountId} ${place.region} ${spec.key}`
      return { key, ...take(this.#buckets.get(key) ?? fullBucket(spec, nowMs), nowMs) }
    })
    if (taken.some(({ waitMs }) => waitMs > 0)) {
      this.#count('limited')
      return true
    }
    for (const { key, bucket } of taken) this.#buckets.set(key, bucket)
    return false
  }

  #count(fault: Fault | 'limited' | 'refused'): void {
    this.faults.set(fault, (this.faults.get(fault) ?? 0) + 1)
  }
}
