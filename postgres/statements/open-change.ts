/** Which changes are not over: with an execution, they are its claim on their rows. */

/** @example `WHERE c.execution_id IS NOT NULL AND ${isOpen('c')}` */
export const isOpen = (alias?: string): string =>
  `${alias === undefined ? '' : `${alias}.`}state IN ('pending', 'started', 'waiting')`
