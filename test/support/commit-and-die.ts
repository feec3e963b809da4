/** A commit whose server dies with its so many-th request, taken up by another until nothing of it is open. */
import type { CommitLab } from './commit-lab.ts'
import type { LabSession } from './session.ts'

/** Gives what became of the transaction; of one that was not begun to be committed the edits are taken back. */
export async function commitAndDie(
  lab: CommitLab,
  session: LabSession,
  { edits, requests }: { readonly edits: readonly string[]; readonly requests: number },
): Promise<string> {
  const [begun] = await session.call('iasql_begin')
  await session.write(...edits)
  const worker = lab.worker()
  worker.dieAfter(requests)
  let isOver = false
  const over = () => {
    isOver = true
  }
  session.call('iasql_commit').then(over, over)
  // What a dead one waits for never comes.
  while (!isOver && !worker.isDead) await lab.clock.sleep(500)
  await lab.recover()
  await lab.settle()
  const [record] = await lab.user.query<{ state: string }>(
    `SELECT state FROM iasql_transaction WHERE transaction_id = '${String(begun?.transaction_id)}'`,
  )
  if (record?.state === 'open') await session.call('iasql_rollback')
  return record?.state ?? ''
}
