/** The arguments of `iasql_apply`, checked. */
import { IasqlError } from '#engine/model/error.ts'
import type { Json } from '#engine/model/json.ts'

export interface ApplyArguments {
  /** Apply exactly this preview; null: whatever is planned now. */
  readonly planId: number | null
  readonly mine: boolean
  readonly isWaiting: boolean
  /** What to do about rows that another execution works on. */
  readonly claimed: 'wait' | 'skip'
  /** Nobody asked for it: what nobody was shown for so long, in milliseconds, and might do harm, waits. */
  readonly automaticMs?: number | undefined
}

/** Of an apply that nobody asked for. */
export const automaticArguments = (delayMs: number): readonly Json[] => [
  null,
  false,
  false,
  'skip',
  { automaticMs: delayMs },
]

export function applyArguments([planId, mine, wait, claimed, more]: readonly Json[]): ApplyArguments {
  const policy = claimed ?? 'wait'
  if (policy !== 'wait' && policy !== 'skip') {
    throw new IasqlError('sql/statement-failed', `claimed is wait or skip, not ${JSON.stringify(policy)}`, {
      sqlstate: '22023',
      hint: "For example: SELECT * FROM iasql_apply(claimed => 'skip').",
    })
  }
  return {
    planId: typeof planId === 'number' ? planId : null,
    mine: mine === true,
    isWaiting: wait !== false,
    claimed: policy,
    automaticMs: automaticOf(more),
  }
}

const automaticOf = (more: Json | undefined): number | undefined =>
  typeof more === 'object' && more !== null && 'automaticMs' in more ? Number(more.automaticMs) : undefined
