/** The table × step matrix of a conformance run: proved, or why it was not exercised. Nothing unproved counts as passed. */
const cells = new Map<string, Map<string, string>>()

const rowOf = (table: string) => {
  const row = cells.get(table) ?? new Map<string, string>()
  cells.set(table, row)
  return row
}

export const proved = (table: string, step: string): void => {
  rowOf(table).set(step, 'proved')
}

export const notExercised = (table: string, step: string, because: string): void => {
  rowOf(table).set(step, `not exercised: ${because}`)
}

/** The step after those that it has. */
export const failed = (table: string): void => {
  rowOf(table).set('the next step', 'failed')
}

export const stepsOf = (table: string): Readonly<Record<string, string>> => Object.fromEntries(rowOf(table))

/** One line a table: the number of proved steps, then each step that was not exercised and why. */
export const report = (): string =>
  [...cells]
    .map(([table, steps]) => {
      const open = [...steps].filter(([, state]) => state !== 'proved')
      const reasons = open.map(([step, state]) => `\n    ${step}: ${state}`).join('')
      return `  ${table}: ${steps.size - open.length} of ${steps.size} steps proved${reasons}`
    })
    .join('\n')
