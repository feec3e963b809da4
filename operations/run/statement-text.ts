/** A statement made ready for PostgreSQL: the text as written, or spliced, and what it shall run under. */
import { IasqlError } from '#engine/model/error.ts'
import { applicationName } from '#postgres/statements/run-cancel.ts'
import { createsObject, nameChecks } from '../statement/named-objects.ts'
import { intoClause, spliceSelectInto } from '../statement/select-into.ts'
import type { Statement } from '../statement/split-statements.ts'
import { writesBeforeItsQuery } from '../statement/statement-form.ts'
import { textPlaces } from '../statement/text-offsets.ts'
import type { OpenRun } from './open-run.ts'
import { readOnlySetting } from './refuse-growth.ts'
import {
  creatingSearchPath,
  defaultSearchPath,
  type Settings,
  transactionSettings,
} from './session-settings.ts'
import type { StatementText } from './tenant-transaction.ts'

export interface PreparedStatement extends StatementText {
  /** Characters put in front of what the user wrote. */
  readonly prefixLength: number
}

const spliced = ({ node, text }: Statement, byteStart: number): { text: string; prefixLength: number } => {
  const relation = intoClause(node)?.rel
  if (!relation) return { text, prefixLength: 0 }
  const [place] = textPlaces(text, [(relation.location ?? 0) - byteStart])
  if (!place)
    throw new IasqlError('sql/unsupported', 'SELECT INTO could not be read; use CREATE TABLE … AS SELECT')
  return spliceSelectInto(text, place.utf16, relation.relpersistence ?? 'p')
}

/** Settings of a statement: all of them at the start of a transaction, only what differs by statement within a block. */
const settingsOf = (run: OpenRun, statement: Statement, context: string): Settings => {
  const { tenant, block } = run
  const path = block?.local.search_path ?? run.settings.search_path ?? defaultSearchPath(tenant)
  return {
    // The name again each time: whatever the statement before has done to it, a cancel finds this one.
    ...(block
      ? { application_name: applicationName(run.runId) }
      : transactionSettings(tenant, run.runId, run.settings)),
    search_path: createsObject(statement.node) ? creatingSearchPath(tenant) : path,
    'iasql.context': context,
    'iasql.block': block ? 'on' : '',
    'iasql.pending': '',
    'iasql.own_writes': writesBeforeItsQuery(statement.node) ? 'on' : '',
    ...readOnlySetting(run, statement.node),
  }
}

export function prepareStatement(run: OpenRun, statement: Statement, context: string): PreparedStatement {
  return {
    ...spliced(statement, statement.byteStart),
    settings: settingsOf(run, statement, context),
    checks: nameChecks(statement.node, run.tenant.schema),
  }
}
