/** The ports of whoever runs the functions: given by the local host and by tests, made from the environment on AWS. */
import type { Ports } from './ports.ts'

let current: Promise<Ports> | undefined

/** Ports for every function called in this process from now on. */
export function useHost(ports: Ports): void {
  current = Promise.resolve(ports)
}

/** The ports in use; made once, and again after a failure to make them. */
export function host(): Promise<Ports> {
  current ??= import('./aws-host.ts')
    .then(({ awsHost }) => awsHost(process.env))
    .catch((error: unknown) => {
      current = undefined
      throw error
    })
  return current
}
