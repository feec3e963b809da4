/** A failing script cut down: steps are left out, many at first, one by one in the end, while it still fails alike. */
import type { Script } from './step.ts'

export async function shrink(
  script: Script,
  fails: (script: Script) => Promise<boolean>,
  tell: (line: string) => void = () => undefined,
): Promise<Script> {
  const { seed } = script
  let steps = script.steps
  for (let size = Math.ceil(steps.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < steps.length; ) {
      const fewer = steps.filter((_, index) => index < at || index >= at + size)
      if (fewer.length > 0 && (await fails({ seed, steps: fewer }))) {
        steps = fewer
        tell(`  ${steps.length} steps still fail`)
      } else {
        at += size
      }
    }
  }
  return { seed, steps }
}
