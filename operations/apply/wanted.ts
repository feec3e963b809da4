/** What a step asks of the cloud: the user's values with references and expressions resolved as late as possible. */
import { equals } from '#engine/columns/canonical.ts'
import { canonicalJson } from '#engine/columns/canonical-json.ts'
import { withDependents } from '#engine/columns/with-dependents.ts'
import type { Column } from '#engine/model/column.ts'
import type { Json, Row } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import type { Step } from '#engine/order/step.ts'
import { type ResolvedRow, resolveRow } from '../plan/resolve-row.ts'
import type { ApplyRun } from './apply-run.ts'
import { type Job, noteStep, stepOf } from './jobs.ts'
import { stoodForNow, stoodForUnsent } from './stood-for.ts'

/** The user's columns that the step sends, unresolved. */
export function givenBy(run: ApplyRun, job: Job, stepKey: string): Row {
  const { step } = stepOf(job, stepKey)
  const { columns } = job.type
  const left = withDependents(columns, step.without)
  if (step.kind === 'create') return without(wholeOf(run, job), left)
  const clears = withDependents(columns, step.clears)
  return {
    ...sentBySplit(run, job, step),
    ...Object.fromEntries(clears.map((name) => [name, clearedOf(columns[name])])),
  }
}

const clearedOf = (column: Column | undefined): Json => (column?.holds ? (column.default ?? null) : null)

/** What the row says, as a create sends it; of a new one just what was planned, though more has been written since. */
function wholeOf({ jobs }: ApplyRun, { change, type }: Job): Row {
  const { desired, base } = jobs.states.get(change.key) ?? {}
  const row = argumentsOf(type, desired ?? base ?? {})
  const rest = change.action === 'create' ? openIn(row) : row
  return { ...rest, ...argumentsOf(type, change.delta) }
}

const openIn = (row: Row): Row => Object.fromEntries(Object.keys(row).map((name) => [name, null]))

/** Of an update that a cut cycle left over only its column, with what says nothing without it. */
function sentBySplit(run: ApplyRun, job: Job, step: Step): Row {
  const { type, change } = job
  if (!step.columns) {
    const cleared = withDependents(
      type.columns,
      job.steps.flatMap((other) => other.step.clears),
    )
    // What an earlier step has cleared for a while comes back.
    const again = Object.entries(cleared.length > 0 ? wholeOf(run, job) : {}).filter(([name]) =>
      cleared.includes(name),
    )
    const all = { ...Object.fromEntries(again), ...change.delta }
    return without(all, withDependents(type.columns, step.without))
  }
  const own = withDependents(type.columns, step.columns)
  const sent = change.action === 'update' ? change.delta : wholeOf(run, job)
  return Object.fromEntries(Object.entries(sent).filter(([name]) => own.includes(name)))
}

const argumentsOf = (type: TableSpec, row: Row): Row =>
  Object.fromEntries(Object.entries(row).filter(([name]) => type.columns[name]?.nature === 'argument'))

const without = (row: Row, names: readonly string[]): Row =>
  Object.fromEntries(Object.entries(row).filter(([name]) => !names.includes(name)))

/** Whether the steps together send all that the row says, not only what differs. */
const isWhole = ({ change }: Job): boolean => change.action !== 'update' && change.action !== 'adopt'

/** As it is about to be sent. */
export function resolveWanted(run: ApplyRun, job: Job, stepKey: string): ResolvedRow {
  const given = givenBy(run, job, stepKey)
  const { desired, base = null } = run.jobs.states.get(job.change.key) ?? {}
  const unsent = isWhole(job)
    ? {}
    : without(argumentsOf(job.type, desired ?? {}), Object.keys(job.change.delta))
  const stoodFor = [...stoodForNow(given, run.known), ...stoodForUnsent(job.type, unsent, base, run.known)]
  if (stoodFor.length > 0) noteStep(job, stepKey, { stoodFor })
  return resolveRow(job.type, given, run.known)
}

/**
 * What base holds once the step is done: every column after a create, the sent ones after an update. The row may be another
 * by now than when the call was made, and then it is not what anybody has agreed on.
 */
export function sentBy(run: ApplyRun, job: Job, stepKey: string): Row {
  const given = givenBy(run, job, stepKey)
  const { row, want } = resolveRow(job.type, given, run.known)
  const names = Object.keys(stepOf(job, stepKey).step.kind === 'create' ? row : given)
  return Object.fromEntries(
    names.map((name) => {
      const value = row[name] ?? null
      const isAsSent =
        value === null || !job.want || isSame(job.type.columns[name], want[name], job.want[name])
      return [name, isAsSent ? value : sentInstead(job, name)]
    }),
  )
}

/** A reference to what does not stand yet has been sent to nobody. */
const isSame = (column: Column | undefined, a: Json | undefined, b: Json | undefined): boolean =>
  column && !column.reference
    ? equals(column, a, b)
    : (a ?? null) !== null && canonicalJson(a ?? null) === canonicalJson(b ?? null)

/** Which row another cloud id than today's belonged to, nobody can tell here. */
const sentInstead = ({ type, want }: Job, name: string): Json =>
  type.columns[name]?.reference ? null : (want?.[name] ?? null)
