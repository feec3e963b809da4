/** Which cloud the tables stand for: a real account only when it is asked for by name. */
import { UsageError } from '../settings.ts'

export type CloudChoice =
  | { readonly kind: 'aws' }
  | { readonly kind: 'endpoint'; readonly url: string }
  | { readonly kind: 'emulator' }

/**
 * `IASQL_CLOUD=aws` is the real AWS; else `AWS_ENDPOINT_URL` if set; else our own emulator. Credentials alone never
 * choose the real one.
 * @throws UsageError when the variables contradict each other or make no sense.
 */
export const chooseCloud = (environment: NodeJS.ProcessEnv): CloudChoice => {
  const cloud = environment.IASQL_CLOUD || undefined
  const url = environment.AWS_ENDPOINT_URL || undefined
  if (cloud !== undefined && cloud !== 'aws') {
    throw new UsageError(`IASQL_CLOUD is "${cloud}"; set it to aws for a real account, or leave it out`)
  }
  if (cloud === 'aws' && url !== undefined) {
    throw new UsageError(`IASQL_CLOUD is aws and AWS_ENDPOINT_URL is ${url}; unset one of them`)
  }
  if (cloud === 'aws') return { kind: 'aws' }
  if (url === undefined) return { kind: 'emulator' }
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new UsageError(`AWS_ENDPOINT_URL is "${url}"; give an address such as http://127.0.0.1:4566`)
  }
  return { kind: 'endpoint', url }
}
