/** A commit meets rows that other executions are changing: it looks again, and says whom it waits for. */
import type { ApplyStanding } from '#postgres/statements/execution-held.ts'
import type { StepOutcome } from '../execution/execution-context.ts'
import { asJson } from './commit-memory.ts'
import type { CommitRun } from './commit-run.ts'

/** As long as an apply. */
const patienceMs = 600_000
const lookSeconds = 2
const silenceMs = 5_000

export const isPatient = ({ context, memory }: Pick<CommitRun, 'context' | 'memory'>): boolean =>
  memory.waitingSinceMs === null || context.ports.clock.now().getTime() - memory.waitingSinceMs <= patienceMs

export const waitForOthers = async (run: CommitRun, { held, holders }: ApplyStanding): Promise<StepOutcome> =>
  waitSaying(run, `${held} changes wait for rows that ${holders} is changing`)

export const waitForLocks = (run: CommitRun): StepOutcome =>
  waitSaying(run, 'the way back waits for rows that another transaction holds')

function waitSaying({ context: { ports, progress }, memory }: CommitRun, message: string): StepOutcome {
  const nowMs = ports.clock.now().getTime()
  const waitingSinceMs = memory.waitingSinceMs ?? nowMs
  const isSilent = nowMs - memory.toldMs > silenceMs
  if (isSilent) {
    progress.report({
      ...{ changeId: null, table: null, row: null, action: 'commit', state: 'waiting' },
      message,
      sinceMs: waitingSinceMs,
    })
  }
  const toldMs = isSilent ? nowMs : memory.toldMs
  return { kind: 'more', seconds: lookSeconds, memory: asJson({ ...memory, waitingSinceMs, toldMs }) }
}
