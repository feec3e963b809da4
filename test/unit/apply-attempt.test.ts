import { expect, test } from 'vitest'
import { type ApplyRun, attempt } from '#operations/apply/apply-run.ts'

test('what broke inside a mapper is in the log only, under the id that the user gets', async () => {
  const logged: Record<string, unknown>[] = []
  const run = {
    reach: { lostSinceMs: null },
    context: {
      lost: new AbortController().signal,
      ports: { log: (_level: string, _text: string, fields: Record<string, unknown>) => logged.push(fields) },
    },
  } as unknown as ApplyRun
  const error = new TypeError('undefined is not a password=hunter2')

  const outcome = await attempt(run, () => Promise.reject(error))

  expect(outcome).toMatchObject({ refused: { code: 'system/internal' } })
  const { message } = (outcome as { refused: Error }).refused
  expect(message).not.toContain('hunter2')
  expect(logged).toEqual([{ errorId: expect.any(String), error }])
  expect(message).toContain(logged[0]?.errorId)
})
