/** The cloud port over the AWS SDK: a client per service and place, one call a send, errors by their names. */
import type { CloudApi, Place, SdkCommandClass } from '#engine/model/cloud.ts'
import { IasqlError } from '#engine/model/error.ts'
import { isRead } from '#engine/throttle/buckets.ts'
import { classifyError } from './classify-error.ts'
import {
  type ClientOptions,
  type ClientPool,
  callMs,
  clientPool,
  type Identity,
  type PooledClient,
  type SdkClientClass,
} from './client-pool.ts'
import { each } from './each.ts'
import { type EmulatorAnswers, emulatorAnswers } from './emulator-answers.ts'
import { namingActions } from './missing-permission.ts'
import { operationOf } from './operation-of.ts'
import { pagesBy } from './pages.ts'

/** Reads at a time within one `each`; the buckets of the account are shared with its owner's other tools. */
const readsAtATime = 16

export interface CloudCall {
  /** The SDK's service id: `EC2`, `SQS`. */
  readonly service: string
  readonly operation: string
  readonly place: Place
}

export interface CloudOptions extends ClientOptions {
  /** Told of each call just before it is made. */
  readonly onCall?: (call: CloudCall) => void
}

/** Undefined: the cloud's own credentials. Rejects with what is to become of the call. */
export type IdentityOf = (call: {
  readonly place: Place
  readonly operation: string
}) => Promise<Identity | undefined>

export interface AwsCloud {
  api(client: SdkClientClass, place: Place, signal: AbortSignal): CloudApi
  /** The same cloud for calls that others may make; its own clients are closed by its own `close`. */
  as(identityOf: IdentityOf): AwsCloud
  settleMs(published: number): number
  /** Closes the sockets of all clients. */
  close(): void
}

/** @example const cloud = createCloud({ profile: 'emulator', endpoint: 'http://127.0.0.1:5000' }) */
export function createCloud(options: CloudOptions): AwsCloud {
  const own = clientPool(options)
  const clientFor: Clients['clientFor'] = (clientClass, place) => own.clientFor(clientClass, place)
  const answers = options.profile === 'emulator' ? emulatorAnswers() : undefined
  return cloudOver({ options, own, answers }, { clientFor, close: own.close })
}

interface Shared {
  readonly options: CloudOptions
  readonly own: ClientPool
  readonly answers: EmulatorAnswers | undefined
}

interface Clients {
  clientFor(
    clientClass: SdkClientClass,
    place: Place,
    operation: string,
  ): PooledClient | Promise<PooledClient>
  close(): void
}

const cloudOver = ({ options, own, answers }: Shared, clients: Clients): AwsCloud => ({
  api: (clientClass, place, signal) => {
    const clientFor = (operation: string) => clients.clientFor(clientClass, place, operation)
    return apiOf({ options, answers, clientFor, place, signal })
  },
  as: (identityOf) => {
    const others = clientPool(options)
    return cloudOver(
      { options, own, answers },
      {
        close: others.close,
        async clientFor(clientClass, place, operation) {
          const identity = await identityOf({ place, operation })
          if (identity === undefined) return own.clientFor(clientClass, place)
          // Here, where it is an error of the call: the SDK asks again for what it needs to sign.
          await identity.session()
          return others.clientFor(clientClass, place, identity)
        },
      },
    )
  },
  settleMs: (published) => (options.profile === 'emulator' ? 0 : published),
  close: clients.close,
})

interface ApiParts extends Pick<Shared, 'options' | 'answers'> {
  clientFor(operation: string): PooledClient | Promise<PooledClient>
  readonly place: Place
  readonly signal: AbortSignal
}

function apiOf({ options, answers, clientFor, place, signal }: ApiParts): CloudApi {
  let hasBegun = false
  const outOfTime = (operation: string): IasqlError => {
    // Of what the writes before it began nobody knows the end.
    const code = hasBegun ? 'cloud/unknown-outcome' : 'cloud/unreachable'
    return new IasqlError(code, `${operation} was not called: out of time.`)
  }
  const send = async <Input extends object, Output extends object>(
    command: SdkCommandClass<Input, Output>,
    input: Input,
  ): Promise<Output> => {
    const request = new command(input)
    const operation = operationOf(request)
    if (signal.aborted) throw outOfTime(operation)
    const made = clientFor(operation)
    const { sdk, sockets } = made instanceof Promise ? await made : made
    if (!(await sockets.enter(signal))) throw outOfTime(operation)
    hasBegun ||= !isRead(operation)
    const { serviceId: service } = sdk.config
    const call = async (): Promise<Output> => {
      options.onCall?.({ service, operation, place })
      const abortSignal = AbortSignal.any([signal, AbortSignal.timeout(callMs)])
      return (await sdk.send(request, { abortSignal })) as Output
    }
    try {
      return await (answers ? answers.of(service, operation, call) : call())
    } catch (error) {
      throw namingActions(classifyError(error, operation, options.profile), service)
    } finally {
      sockets.leave()
    }
  }
  return {
    place,
    send,
    pages: pagesBy(send),
    each: (ids, read) => each(ids, read, readsAtATime),
  }
}
