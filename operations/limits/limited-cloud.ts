/** A cloud whose calls wait for AWS's limits just before they are made; a call that is reserved has waited already. */
import type { IdentityOf } from '#aws/create-cloud.ts'
import { operationOf } from '#aws/operation-of.ts'
import { pagesBy } from '#aws/pages.ts'
import type { CloudApi, SdkCommandClass } from '#engine/model/cloud.ts'
import { IasqlError } from '#engine/model/error.ts'
import { isRead } from '#engine/throttle/buckets.ts'
import type { SdkClientClass } from '#modules/kit/index.ts'
import type { Cloud } from '../ports.ts'
import type { LimitedCall, Limits } from './shared-limits.ts'

/** What runs already goes before what has not begun: it holds a slot, and its deadline is running. */
const runningMs = 3_600_000
/** Reads of syncs and plans line up with the steps that have not begun, in the order of coming. */
const readingMs = 0

/** A read that is throttled is asked again when its bucket gives a token, which takes longer each time. */
const readTries = 40

/**
 * To be put around everything else that stands between the engine and AWS.
 *
 * @example cloud: limitedCloud(createCloud({ profile: 'aws' }), sharedLimits({ db: platform, clock, log }))
 */
export function limitedCloud(cloud: Cloud, limits: Limits): Cloud {
  // Where nobody can be somebody else, it is not to look as if.
  const { as } = cloud
  const asOthers = as && { as: (identityOf: IdentityOf) => limitedCloud(as(identityOf), limits) }
  const paying = (isPaid: (call: LimitedCall) => boolean, priorityMs: number): Cloud => ({
    settleMs: (published) => cloud.settleMs(published),
    api: (client, place, signal) => {
      const api = cloud.api(client, place, signal)
      return limitedApi({ api, service: serviceOf(client), limits, signal, isPaid, priorityMs })
    },
    ...asOthers,
    close: () => cloud.close?.(),
    running: () => paying(isPaid, runningMs),
    async reserve({ client, place, operation, priorityMs: stepMs }, signal) {
      const paid = { service: serviceOf(client), operation, place }
      await limits.draw({ ...paid, priorityMs: stepMs }, signal)
      return paying(once(paid), runningMs)
    },
  })
  return paying(() => false, readingMs)
}

interface LimitedApiParts {
  readonly api: CloudApi
  readonly service: string
  readonly limits: Limits
  readonly signal: AbortSignal
  readonly priorityMs: number
  isPaid(call: LimitedCall): boolean
}

function limitedApi({ api, service, limits, signal, isPaid, priorityMs }: LimitedApiParts): CloudApi {
  let hasBegun = false
  const drawInTime = (call: LimitedCall): Promise<void> =>
    limits.draw({ ...call, priorityMs: hasBegun ? runningMs : priorityMs }, signal).catch(() => {
      // Of what the writes before it began nobody knows the end.
      const code = hasBegun ? 'cloud/unknown-outcome' : 'cloud/throttled'
      throw new IasqlError(code, `${call.operation} was not called: the limits of AWS left it no time.`)
    })
  const send = async <Input extends object, Output extends object>(
    command: SdkCommandClass<Input, Output>,
    input: Input,
  ): Promise<Output> => {
    const call = { service, operation: nameOf(command), place: api.place }
    const isWrite = !isRead(call.operation)
    for (let triesLeft = isWrite ? 1 : readTries; ; triesLeft -= 1) {
      if (!isPaid(call)) await drawInTime(call)
      hasBegun ||= isWrite
      try {
        return await api.send(command, input)
      } catch (error) {
        if (!isThrottled(error)) throw error
        await limits.slowDown(call)
        if (triesLeft <= 1) throw error
      }
    }
  }
  return { place: api.place, send, pages: pagesBy(send), each: (ids, read) => api.each(ids, read) }
}

const isThrottled = (error: unknown): boolean =>
  error instanceof IasqlError && error.code === 'cloud/throttled'

/** The first call of the operation that was paid for. */
function once(paid: LimitedCall): (call: LimitedCall) => boolean {
  let isSpent = false
  return ({ service, operation, place }) => {
    const fits =
      !isSpent &&
      operation === paid.operation &&
      service === paid.service &&
      place.accountId === paid.place.accountId &&
      place.region === paid.place.region
    isSpent ||= fits
    return fits
  }
}

const services = new WeakMap<SdkClientClass, string>()

/** Its client says what a service is called; making one opens no connection. */
export function serviceOf(client: SdkClientClass): string {
  const known = services.get(client)
  if (known !== undefined) return known
  const made = new client({ region: 'us-east-1' }) as {
    readonly config: { readonly serviceId: string }
    destroy?(): void
  }
  const { serviceId } = made.config
  made.destroy?.()
  services.set(client, serviceId)
  return serviceId
}

const names = new WeakMap<object, string>()

function nameOf<Input extends object, Output extends object>(
  command: SdkCommandClass<Input, Output>,
): string {
  const known = names.get(command)
  if (known !== undefined) return known
  const name = operationOf(new command({} as Input))
  names.set(command, name)
  return name
}
