/** Changes as messages name them. */
import type { PlannedChange } from '#engine/plan/planned-change.ts'

/** @example titleOf(change) // 'update queue jobs' */
export const titleOf = ({ action, table, naturalName }: PlannedChange): string =>
  `${action} ${table} ${naturalName}`
