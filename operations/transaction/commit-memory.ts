/** What a commit remembers from one invocation to the next. */
import { type ErrorCode, IasqlError } from '#engine/model/error.ts'
import type { Json, JsonObject } from '#engine/model/json.ts'

export interface CommitMemory {
  /**
   * `prepare`: nothing is begun; `forward`: its changes are made, wave by wave; `restore`: its rows are to be as before;
   * `undo`: the cloud follows them; `ended`: what became of it is written down.
   */
  readonly phase: 'prepare' | 'forward' | 'restore' | 'undo' | 'ended'
  readonly wave: number
  /** Rows of it that are to be made, changed or ended, counted before it began. */
  readonly wanted: number
  /** Times that the cloud was asked to follow the restored rows. */
  readonly round: number
  /** Times in a row that the way back went wrong for a reason of our own. */
  readonly troubles: number
  /** Changes after this one take back. */
  readonly undoneAfter: number
  /** Why it is taken back, where no change of it says so. */
  readonly reason: string | null
  /** Keys of records of what was made to replace something, and goes. */
  readonly surplus: readonly string[]
  /** What could not be taken back. */
  readonly left: readonly string[]
  /** False: all of that stands again, only not as the same; there is nothing to preview. */
  readonly hasToDo: boolean
  /** Keys of rows that stay as the commit left them: what was edited in them is pending still. */
  readonly kept: readonly string[]
  /** What it was refused with before anything was begun; null: it was not. */
  readonly refusal: Json
  /** Said once it has begun. */
  readonly notices: readonly string[]
  /** Since when nothing but rows of others is left, milliseconds since the epoch; null: not waiting. */
  readonly waitingSinceMs: number | null
  /** When clients were told of that last. */
  readonly toldMs: number
}

export const firstMemory: CommitMemory = {
  phase: 'prepare',
  wave: 0,
  wanted: 0,
  round: 0,
  troubles: 0,
  undoneAfter: 0,
  reason: null,
  surplus: [],
  left: [],
  hasToDo: true,
  kept: [],
  refusal: null,
  notices: [],
  waitingSinceMs: null,
  toldMs: 0,
}

export const memoryOf = (stored: JsonObject): CommitMemory => ({
  ...firstMemory,
  ...(stored as Partial<CommitMemory>),
})

/** As it was said when the transaction was opened again. */
export function refusalOf({ refusal }: CommitMemory): IasqlError | undefined {
  if (refusal === null) return undefined
  const { code, message, sqlstate, detail, hint } = refusal as unknown as StoredRefusal
  return new IasqlError(code, message, { sqlstate, hint, ...(detail === null ? {} : { detail }) })
}

interface StoredRefusal {
  readonly code: ErrorCode
  readonly message: string
  readonly sqlstate: string
  readonly detail: string | null
  readonly hint: string
}

export const asJson = (memory: CommitMemory): JsonObject => ({ ...memory })
