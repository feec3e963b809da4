/** One row of the audit log as the history is made from it. */
import type { Row } from '#engine/model/json.ts'

export interface AuditedChange {
  readonly id: number
  readonly table: string
  /** Null in tables that are no resource types. */
  readonly rowId: number | null
  /** The row before; null at an INSERT. */
  readonly original: Row | null
  /** The row after; null at a DELETE. */
  readonly change: Row | null
  /** Of the database's transaction. */
  readonly xid: string
  /**
   * `pull`: a sync, or a function that is no execution. `outcome`: an apply, commit or install wrote what the cloud made of
   * edits. `made`: a row that an apply brought along with its parent. `along`: a row that came with a sync so, or that went
   * with another one or with its table.
   */
  readonly origin: 'user' | 'pull' | 'outcome' | 'made' | 'along'
}
