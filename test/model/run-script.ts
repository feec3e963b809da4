/** Runs a script from an empty tenant on, until something is wrong or all of it is done. */
import type { Fault } from '#test/support/simulated/weather.ts'
import { openModelRun, perform, type RunOptions } from './model-run.ts'
import type { Script } from './step.ts'
import type { Violation } from './world.ts'

export interface Verdict {
  readonly violations: readonly Violation[]
  /** Steps done, the one that found the violations included. */
  readonly done: number
  /** Times that each kind of step and of fault really happened. */
  readonly counts: Readonly<Record<string, number>>
  readonly faults: Readonly<Partial<Record<Fault | 'limited' | 'refused', number>>>
  /** What users sent, for whoever reads a failing script. */
  readonly statements: readonly string[]
  readonly errors: readonly string[]
  readonly virtualMs: number
}

export interface ScriptOptions extends Omit<RunOptions, 'seed'> {
  readonly onStep?: (done: number) => void
}

export async function runScript({ seed, steps }: Script, options: ScriptOptions = {}): Promise<Verdict> {
  const run = await openModelRun({ seed, ...options })
  const counts: Record<string, number> = {}
  const startedMs = run.lab.clock.nowMs
  let done = 0
  let violations: readonly Violation[] = []
  try {
    for (const step of steps) {
      counts[step.act] = (counts[step.act] ?? 0) + 1
      violations = await perform(run, step)
      done += 1
      options.onStep?.(done)
      if (violations.length > 0) break
    }
    return {
      violations,
      done,
      counts: { ...counts, intervention: run.interventions, refusedEdit: run.users.refused },
      faults: Object.fromEntries(run.lab.cloud.faults),
      statements: run.users.statements,
      errors: run.workers.errors,
      virtualMs: run.lab.clock.nowMs - startedMs,
    }
  } finally {
    await run.lab.close()
  }
}
