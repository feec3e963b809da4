/** Work of one key after the other, so that messages leave through a server's connections in the order of their numbers. */
import type { Tenant } from '#postgres/tenant.ts'
import type { Connections } from '../ports.ts'

/** Clients choose the ids of their runs, and may choose one that they saw elsewhere: a turn is the tenant's own. */
export const turnOf = ({ id }: Pick<Tenant, 'id'>, runId: string): string => `${id}/${runId}`

/** By server, the last thing that was asked for of each key: what one leaves unfinished at its end is no turn of the next. */
const servers = new WeakMap<Connections, Map<string, Promise<unknown>>>()

export async function inTurn<Result>(
  connections: Connections,
  key: string,
  work: () => Promise<Result>,
): Promise<Result> {
  const tails = servers.get(connections) ?? new Map<string, Promise<unknown>>()
  servers.set(connections, tails)
  const mine = (tails.get(key) ?? Promise.resolve()).then(work, work)
  tails.set(key, mine)
  try {
    return await mine
  } finally {
    if (tails.get(key) === mine) tails.delete(key)
  }
}
