/** The chain of every function: the ports of its host, one operation, and a log entry when it fails. */
import middy, { type MiddyfiedHandler } from '@middy/core'
import { isStillAsleep } from '#operations/connection/still-asleep.ts'
import { host } from '#operations/host.ts'
import type { Ports } from '#operations/ports.ts'

/** How a function refuses that can do so by failing only: nothing is wrong with it. */
export class Refusal extends Error {}

/** @example export const handler = lambda((ports, event: RunPayload) => executeStatements(ports, event)) */
export function lambda<Event, Result>(
  operation: (ports: Ports, event: Event) => Promise<Result>,
): MiddyfiedHandler<Event, Result> {
  return middy<Event, Result>()
    .use({
      onError: async ({ error, context }) => {
        if (error instanceof Refusal) return
        const { log, count } = await host()
        const { functionName, awsRequestId } = context
        if (isStillAsleep(error)) {
          log('info', 'A function waited in vain for the database to wake.', { functionName, awsRequestId })
          return
        }
        count?.('Errors')
        log('error', 'A function failed.', { functionName, awsRequestId, error })
      },
    })
    .handler(async (event: Event) => operation(await host(), event))
}
