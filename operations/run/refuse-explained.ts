/** EXPLAIN shows the values of the statement it explains, so that its rows would keep what a secret column was to take. */
import { IasqlError } from '#engine/model/error.ts'
import { secretNames } from '#postgres/statements/secret-names.ts'
import { isNamed } from '../secrets/hide-literals.ts'
import { namingText } from '../secrets/secret-literals.ts'
import type { Statement } from '../statement/split-statements.ts'
import type { OpenRun } from './open-run.ts'

/** Of what may write a secret: of what only reads, the functions that it calls. */
export async function refuseExplained(
  { ports, tenant }: OpenRun,
  { node, text }: Pick<Statement, 'node' | 'text'>,
): Promise<IasqlError | undefined> {
  if (!('ExplainStmt' in node)) return undefined
  const { query } = node.ExplainStmt
  const isPlain = query !== undefined && 'SelectStmt' in query && !query.SelectStmt.withClause
  const all = await secretNames(ports.platform, tenant)
  const names = isPlain ? all.filter(({ kind }) => kind === 'function') : all
  if (!isNamed(namingText(node, text), names)) return undefined
  return new IasqlError(
    'sql/unsupported',
    'EXPLAIN of a statement that may write a secret would show its values',
    {
      hint: 'Explain a SELECT of the same rows, or the statement with the secret columns left out.',
    },
  )
}
