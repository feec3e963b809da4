/** By what CloudTrail of a linked account tells whose work a call was: tenant, execution or run, and person. */
import { createHash } from 'node:crypto'

export interface Work {
  readonly actor: string
  /** The execution that calls; absent: a statement does. */
  readonly executionId?: string | number
  readonly runId?: string
}

/** AWS's limit. */
const mostCharacters = 64
/** Of the tenant's name; the rest is for the person. */
const tenantCharacters = 20
const sumCharacters = 6

/**
 * Parts are set apart by commas, which none of them has; what had to be changed or cut ends in a sum of the whole.
 *
 * @example sessionName('shop', { actor: 'ann@example.com', executionId: 12 }) // 'iasql,shop,e12,ann@example.com'
 */
export function sessionName(tenant: string, { actor, executionId, runId = '' }: Work): string {
  const work = executionId === undefined ? `r${runId.slice(0, 8)}` : `e${executionId}`
  const begin = `iasql,${part(tenant, tenantCharacters)},${work},`
  return `${begin}${part(actor, mostCharacters - begin.length)}`
}

function part(text: string, room: number): string {
  const plain = text.replaceAll(/[^\w+=.@-]/g, '-')
  if (plain === text && text.length <= room) return text
  const sum = createHash('sha256').update(text).digest('hex').slice(0, sumCharacters)
  return `${plain.slice(0, room - sumCharacters - 1)}-${sum}`
}
