/** The cloud port over the AWS SDK: a client per service and place, one call a send, errors by their names. */
import type { CloudApi, Place, SdkCommandClass } from '#engine/model/cloud.ts'
import { IasqlError } from '#engine/model/error.ts'
import { isRead } from '#engine/throttle/buckets.ts'
import { type CloudProfile, classifyError } from './classify-error.ts'
import { each } from './each.ts'
import { operationOf } from './operation-of.ts'
import { pagesBy } from './pages.ts'
import { type Sockets, sockets } from './sockets.ts'
import { twiceIfLacking } from './twice-if-lacking.ts'

/** Milliseconds after which a call without answer counts as of unknown outcome. */
const callMs = 30_000
const connectionMs = 3_000
/** Reads at a time within one `each`; the buckets of the account are shared with its owner's other tools. */
const readsAtATime = 16
/** Of a client, to one host. */
const maxSockets = 50

interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

export interface CloudCall {
  /** The SDK's service id: `EC2`, `SQS`. */
  readonly service: string
  readonly operation: string
  readonly place: Place
}

export interface CloudOptions {
  readonly profile: CloudProfile
  /** URL of the emulator, or of a private endpoint. */
  readonly endpoint?: string
  /** Keys or a provider of them. Absent: the SDK's own chain on AWS, dummies for the account on the emulator. */
  readonly credentials?: Credentials | (() => Promise<Credentials>)
  /** Told of each call just before it is made. */
  readonly onCall?: (call: CloudCall) => void
}

interface SdkClient {
  send(command: object, options: { readonly abortSignal: AbortSignal }): Promise<object>
  destroy(): void
  readonly config: { readonly serviceId: string }
  readonly middlewareStack: { add(middleware: Middleware, options: { step: 'build'; name: string }): void }
}

interface SdkCall {
  readonly request: { readonly headers: Record<string, string> }
}
type Middleware = (next: (call: SdkCall) => Promise<object>) => (call: SdkCall) => Promise<object>

// biome-ignore lint/suspicious/noExplicitAny: every SDK client class has its own configuration type
type SdkClientClass = new (configuration: any) => object

export interface AwsCloud {
  api(client: SdkClientClass, place: Place, signal: AbortSignal): CloudApi
  settleMs(published: number): number
  /** Closes the sockets of all clients. */
  close(): void
}

/** @example const cloud = createCloud({ profile: 'emulator', endpoint: 'http://127.0.0.1:5000' }) */
export function createCloud(options: CloudOptions): AwsCloud {
  const clients = new Map<SdkClientClass, Map<string, Client>>()
  const clientAt = (clientClass: SdkClientClass, place: Place): Client => {
    const ofClass = clients.get(clientClass) ?? new Map<string, Client>()
    const key = `${place.accountId} ${place.region}`
    const client = ofClass.get(key) ?? {
      sdk: makeClient(clientClass, options, place),
      sockets: sockets(maxSockets),
    }
    clients.set(clientClass, ofClass.set(key, client))
    return client
  }
  return {
    api: (clientClass, place, signal) => apiOf({ options, ...clientAt(clientClass, place), place, signal }),
    settleMs: (published) => (options.profile === 'emulator' ? 0 : published),
    close: () => {
      for (const ofClass of clients.values()) for (const { sdk } of ofClass.values()) sdk.destroy()
      clients.clear()
    },
  }
}

function makeClient(clientClass: SdkClientClass, options: CloudOptions, place: Place): SdkClient {
  const client = new clientClass(configurationOf(options, place)) as SdkClient
  if (options.profile === 'emulator' && !options.credentials) tellAccount(client, place)
  return client
}

/** The emulator knows no account by its key: without this header all accounts would be one. */
const tellAccount = ({ middlewareStack }: SdkClient, { accountId }: Place): void =>
  middlewareStack.add(
    (next) => (call) => {
      const { headers } = call.request
      headers['x-moto-account-id'] = accountId
      return next(call)
    },
    { step: 'build', name: 'account' },
  )

function configurationOf({ profile, endpoint, credentials }: CloudOptions, place: Place): object {
  const dummies = { accessKeyId: place.accountId, secretAccessKey: 'emulator' }
  const keys = credentials ?? (profile === 'emulator' ? dummies : undefined)
  return {
    region: place.region,
    // The engine owns retries: a hidden second create would be a duplicate.
    maxAttempts: 1,
    requestHandler: {
      ...{ connectionTimeout: connectionMs, requestTimeout: callMs },
      ...{ httpAgent: { maxSockets }, httpsAgent: { maxSockets } },
    },
    ...(endpoint === undefined ? {} : { endpoint }),
    // The emulator has no host for each bucket.
    ...(profile === 'emulator' ? { forcePathStyle: true } : {}),
    ...(keys === undefined ? {} : { credentials: keys }),
  }
}

interface Client {
  readonly sdk: SdkClient
  readonly sockets: Sockets
}

interface ApiParts extends Client {
  readonly options: CloudOptions
  readonly place: Place
  readonly signal: AbortSignal
}

function apiOf({ options, sdk, sockets: { enter, leave }, place, signal }: ApiParts): CloudApi {
  let hasBegun = false
  const send = async <Input extends object, Output extends object>(
    command: SdkCommandClass<Input, Output>,
    input: Input,
  ): Promise<Output> => {
    const request = new command(input)
    const operation = operationOf(request)
    if (!(await enter(signal))) {
      // Of what the writes before it began nobody knows the end.
      const code = hasBegun ? 'cloud/unknown-outcome' : 'cloud/unreachable'
      throw new IasqlError(code, `${operation} was not called: out of time.`)
    }
    hasBegun ||= !isRead(operation)
    const call = async (): Promise<Output> => {
      try {
        options.onCall?.({ service: sdk.config.serviceId, operation, place })
        const abortSignal = AbortSignal.any([signal, AbortSignal.timeout(callMs)])
        return (await sdk.send(request, { abortSignal })) as Output
      } catch (error) {
        throw classifyError(error, operation, options.profile)
      }
    }
    try {
      return await (isRead(operation) ? twiceIfLacking(call) : call())
    } finally {
      leave()
    }
  }
  return {
    place,
    send,
    pages: pagesBy(send),
    each: (ids, read) => each(ids, read, readsAtATime),
  }
}
