/** The unit of execution: one change is one step, a replacement or a cut cycle is several. */
export type StepKind = 'create' | 'update' | 'delete' | 'adopt' | 'forget' | 'companion'

/**
 * `gone`: the step that deletes, or points elsewhere, is done. `tried`: what the step makes exists, or it is over without
 * that: whoever only waits for its turn is not skipped with it.
 */
export interface StepNeed {
  readonly step: string
  readonly milestone: 'exists' | 'ready' | 'gone' | 'tried'
}

export interface Step {
  /** `vpc/3#create` */
  readonly key: string
  /** Key of the change it belongs to. */
  readonly change: string
  readonly kind: StepKind
  readonly table: string
  readonly accountId: string | null
  readonly region: string | null
  readonly needs: readonly StepNeed[]
  /** Of an update that a cut cycle left over: exactly these columns; null: all of the change's. */
  readonly columns: readonly string[] | null
  /** Columns that this step leaves out because a later step sends them. */
  readonly without: readonly string[]
  /** Columns to clear, so that what they point at can be deleted first. */
  readonly clears: readonly string[]
  readonly estimateMs: number
  /** Estimated time from the start of this step to the end of the longest chain behind it. */
  readonly priorityMs: number
}
