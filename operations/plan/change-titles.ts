/** Changes as messages name them, and names one after the other, so many of them. */
import type { PlannedChange } from '#engine/plan/planned-change.ts'

const mostNames = 10

/** @example titleOf(change) // 'update queue jobs' */
export const titleOf = ({ action, table, naturalName }: PlannedChange): string =>
  `${action} ${table} ${naturalName}`

/** @example listed(['a', 'b']) // 'a, b', or 'a, b, … and 12 more' */
export const listed = (names: readonly string[]): string =>
  names.length <= mostNames
    ? names.join(', ')
    : `${names.slice(0, mostNames).join(', ')} and ${names.length - mostNames} more`
