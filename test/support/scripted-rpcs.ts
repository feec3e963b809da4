/** Functions of every kind for tests of calls inside SQL, with two small tables beside them. */
import { IasqlError } from '#engine/model/error.ts'
import type { Row } from '#engine/model/json.ts'
import { storeRpcResult } from '#operations/rpc/results.ts'
import type { RunLab, ScriptedRpc } from './run-lab.ts'

const rpc = (name: string, change: Partial<ScriptedRpc>): ScriptedRpc => ({
  name,
  module: 'test',
  kind: 'read',
  role: 'viewer',
  arguments: [{ name: 'word', type: 'text', default: "'none'" }],
  columns: [
    { name: 'place', type: 'int' },
    { name: 'word', type: 'text' },
    { name: 'tags', type: 'text[]' },
    { name: 'document', type: 'jsonb' },
  ],
  description: `It's ${name}.`,
  sampleUsage: `SELECT * FROM ${name}()`,
  answer: (_ports, { arguments: [word = null] }) => ({
    kind: 'rows',
    rows: [1, 2].map((place) => ({ place, word, tags: ['a', 'b c'], document: { n: place } }) satisfies Row),
  }),
  ...change,
})

export async function offerScriptedRpcs(lab: RunLab): Promise<void> {
  await lab.offer(rpc('look', {}))
  await lab.offer(rpc('engine_work', { kind: 'engine', changesCloud: true, role: 'operator' }))
  await lab.offer(rpc('reboot', { kind: 'action' }))
  await lab.offer(
    rpc('word_of', {
      scalar: 'text',
      columns: [],
      answer: (_ports, call) => ({ kind: 'rows', rows: [{ value: `${call.arguments[0]}!` }] }),
    }),
  )
  await lab.offer(
    rpc('several', {
      arguments: [{ name: 'words', type: 'text[]', variadic: true }],
      answer: (_ports, call) => ({
        kind: 'rows',
        rows: (call.arguments[0] as string[]).map((word, place) => ({ place, word })),
      }),
    }),
  )
  await lab.offer(
    rpc('denied', {
      kind: 'engine',
      changesCloud: true,
      answer: () => {
        throw new IasqlError('apply/changes-failed', '1 of 2 changes failed', {
          detail: 'queue jobs: denied',
          awsRequestId: 'req-1',
        })
      },
    }),
  )
  await lab.offer(
    rpc('spoken', { answer: () => ({ kind: 'rows', rows: [], notices: ['aws_sqs is installed already'] }) }),
  )
  await lab.offer(
    rpc('lasting', {
      kind: 'engine',
      changesCloud: true,
      answer: async ({ platform }, call) => {
        await storeRpcResult(platform, lab.tenant, { ...call, rows: [{ place: 7, word: 'done' }] })
        return { kind: 'execution', executionId: '41' }
      },
    }),
  )
  await lab.run(`CREATE TABLE words (word text, n int); INSERT INTO words VALUES ('x', 1), ('y', 2);
    CREATE TABLE log (entry text)`)
}
