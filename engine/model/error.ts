/** The one error class of the product, and the closed table of its codes. */
export interface ErrorKind {
  readonly sqlstate: string
  readonly blame: 'user' | 'cloud' | 'system'
  readonly retry: 'never' | 'throttled' | 'later' | 'reread'
  readonly hint: string
}

const kind = (
  sqlstate: string,
  blame: ErrorKind['blame'],
  retry: ErrorKind['retry'],
  hint: string,
): ErrorKind => ({ sqlstate, blame, retry, hint })

/** Every code: where it is documented is `docs/errors.md#<code with / as ->`. */
export const errorKinds = {
  'sql/syntax': kind(
    '42601',
    'user',
    'never',
    'Correct the statement at the position shown; nothing of the run was executed.',
  ),
  'sql/refused': kind(
    '42501',
    'user',
    'never',
    'This statement is not available to tenants; see docs/sql.md for what is.',
  ),
  'sql/unsupported': kind('0A000', 'user', 'never', 'See docs/sql.md for the forms that work.'),
  'sql/after-writes': kind(
    '25001',
    'user',
    'never',
    'Run it as its own statement, outside a transaction that has written.',
  ),
  'sql/in-transaction': kind(
    '25001',
    'user',
    'never',
    'Run it as its own statement, outside BEGIN … COMMIT.',
  ),
  'sql/unstable-arguments': kind(
    '22023',
    'user',
    'never',
    'Compute the arguments first, for example in a table, and pass the stored values.',
  ),
  'sql/statement-failed': kind(
    'XX000',
    'user',
    'never',
    'Read the message of the database and correct the statement.',
  ),
  'sql/timeout': kind(
    '57014',
    'user',
    'never',
    'One step of a statement may take 45 seconds, and all of it what the setting statement_timeout says; split it into smaller ones.',
  ),
  'sql/cancelled': kind(
    '57014',
    'user',
    'never',
    'The statement was cancelled on request; run it again when ready.',
  ),
  'sql/row-too-large': kind(
    '54000',
    'user',
    'never',
    'Select fewer or shorter columns; a row may have 16 MiB of text.',
  ),
  'plan/stale': kind('IQ003', 'user', 'never', 'Run iasql_preview() again and apply the new plan.'),
  'plan/conflict': kind(
    'IQ004',
    'user',
    'never',
    'Choose: keep the table by iasql_apply(), or the cloud by setting the column to its value.',
  ),
  'plan/cycle': kind(
    'IQ007',
    'user',
    'never',
    'Break the cycle by leaving one of the references null first.',
  ),
  'apply/changes-failed': kind(
    'IQ001',
    'cloud',
    'never',
    'Correct the rows named in the detail and apply again; see iasql_execution and iasql_change.',
  ),
  'apply/protected': kind(
    'IQ005',
    'user',
    'never',
    'AWS made this resource for the account; leave it as it is.',
  ),
  'apply/cancelled': kind('IQ006', 'user', 'never', 'What was done stays; apply again to do the rest.'),
  'apply/needs-decision': kind(
    'IQ007',
    'user',
    'never',
    'Look in the cloud which one is meant: delete the others there, or delete the row here, and apply again.',
  ),
  'transaction/none': kind('25P01', 'user', 'never', 'Open one first: SELECT * FROM iasql_begin().'),
  'transaction/open': kind(
    '25001',
    'user',
    'never',
    'End it first: SELECT * FROM iasql_commit(), or SELECT * FROM iasql_rollback().',
  ),
  'transaction/edited': kind(
    'IQ004',
    'user',
    'never',
    'The detail names the rows and who edited them: have those edits taken back first.',
  ),
  'transaction/unknown': kind(
    'P0002',
    'user',
    'never',
    'SELECT DISTINCT transaction_id, actor, message FROM iasql_audit_log WHERE NOT by_engine lists what there is.',
  ),
  'transaction/by-engine': kind(
    '22023',
    'user',
    'never',
    'Revert the edits: SELECT DISTINCT transaction_id, actor, message FROM iasql_audit_log WHERE NOT by_engine lists them.',
  ),
  'transaction/gone': kind(
    'P0002',
    'user',
    'never',
    'Revert what took those rows away first; iasql_audit_log tells its transaction.',
  ),
  'transaction/undone': kind(
    'IQ002',
    'cloud',
    'never',
    'Correct what the detail names, make the edits again and commit; iasql_apply() keeps what succeeds.',
  ),
  'module/unknown': kind(
    'IQ008',
    'user',
    'never',
    'List the modules on offer: SELECT * FROM iasql_modules_list().',
  ),
  'module/in-use': kind('IQ008', 'user', 'never', 'Uninstall or drop what depends on it first.'),
  'module/missing': kind('IQ008', 'user', 'never', 'Install it first: SELECT * FROM iasql_install(…).'),
  'auth/refused': kind(
    '28000',
    'user',
    'never',
    'Sign in with a valid token; the local one is in <data directory>/token.',
  ),
  'auth/expired': kind(
    '28000',
    'user',
    'never',
    'Sign in again for a fresh token, or ask an owner for a new one by iasql_token_create().',
  ),
  'auth/ticket': kind(
    '28000',
    'user',
    'never',
    'Fetch a new one by POST /ticket: each is good for one connection, within a minute.',
  ),
  'auth/origin': kind(
    '28000',
    'user',
    'never',
    'Whoever runs the server adds the origins of its pages to IASQL_ALLOWED_ORIGINS.',
  ),
  'auth/tenant': kind(
    '28000',
    'user',
    'never',
    'Name one by ?tenant=, --tenant or IASQL_TENANT; owners let people in by iasql_member_add().',
  ),
  'auth/too-many': kind(
    '53300',
    'user',
    'later',
    'Close connections that nobody uses, wait a minute and try again.',
  ),
  'auth/issuer': kind('08006', 'cloud', 'later', 'Try again soon; an API token works without the issuer.'),
  'auth/first-owner': kind(
    '28000',
    'user',
    'never',
    'The secret is good once, within a week of the deployment; deploy again for another week, or ask an owner.',
  ),
  'auth/suspended': kind(
    '28000',
    'user',
    'never',
    'Ask an owner of the home tenant to lift it: SELECT * FROM iasql_tenant_suspend(alias, false).',
  ),
  'auth/role': kind('42501', 'user', 'never', 'Ask an owner of this tenant for the role that may do this.'),
  'quota/size': kind(
    '53100',
    'user',
    'never',
    'DROP TABLE, TRUNCATE and DELETE still work; or ask an owner of the home tenant for more: iasql_tenant_quota().',
  ),
  'quota/statements': kind(
    '53400',
    'user',
    'later',
    'Wait a minute and send the run again; an owner of the home tenant may allow more: iasql_tenant_quota().',
  ),
  'quota/runs': kind(
    '53400',
    'user',
    'later',
    'Wait until some have ended, or cancel them; an owner of the home tenant may allow more: iasql_tenant_quota().',
  ),
  'quota/connections': kind(
    '53300',
    'user',
    'later',
    'Wait until some have ended; an owner of the home tenant may allow more: iasql_tenant_quota().',
  ),
  'protocol/bad-json': kind('08P01', 'user', 'never', 'Send one JSON object as a text message.'),
  'protocol/unknown-action': kind('08P01', 'user', 'never', 'See docs/protocol.md for the actions.'),
  'protocol/bad-field': kind('08P01', 'user', 'never', 'See docs/protocol.md for the fields of this action.'),
  'protocol/unknown-run': kind(
    '08P01',
    'user',
    'never',
    'Resume only runs of your own tenant, within their retention.',
  ),
  'protocol/too-large': kind('54000', 'user', 'never', 'One run takes 4 MiB of SQL; send several runs.'),
  'cloud/denied': kind(
    'IQ001',
    'cloud',
    'never',
    'Give the linked role the permission that the message names.',
  ),
  'cloud/invalid': kind(
    'IQ001',
    'cloud',
    'never',
    'Correct the row as the message of AWS says and apply again.',
  ),
  'cloud/not-found': kind('IQ001', 'cloud', 'reread', 'Run iasql_sync() to see what the cloud has now.'),
  'cloud/conflict': kind(
    'IQ001',
    'cloud',
    'later',
    'AWS is still busy with the resource or another one uses it; apply again.',
  ),
  'cloud/quota': kind(
    'IQ001',
    'cloud',
    'never',
    'Raise the quota of the account or remove what is not needed.',
  ),
  'cloud/throttled': kind('IQ001', 'cloud', 'throttled', 'AWS limits the rate of calls; apply again later.'),
  'cloud/unreachable': kind(
    'IQ001',
    'cloud',
    'later',
    'Check the network and AWS_ENDPOINT_URL, then apply again.',
  ),
  'cloud/unknown-outcome': kind(
    'IQ001',
    'cloud',
    'reread',
    'Apply again: what became of the call is looked up first.',
  ),
  'cloud/not-emulated': kind(
    'IQ001',
    'cloud',
    'never',
    'The emulator has not implemented this call; use a real account for it.',
  ),
  'system/database-unavailable': kind(
    '08006',
    'system',
    'later',
    'The database does not answer; the same run works when it is back.',
  ),
  'system/internal': kind(
    'XX000',
    'system',
    'never',
    'Report the id of this error to whoever runs the server.',
  ),
  'host/usage': kind(
    '22023',
    'user',
    'never',
    'Correct the environment variable that the message names and start again.',
  ),
  'host/in-use': kind(
    '55006',
    'user',
    'later',
    'Stop the other server, or choose another folder by IASQL_DATA_DIR.',
  ),
  'host/version': kind(
    '55000',
    'user',
    'later',
    'Bring server and database to the same version: start or deploy the newest one again; its log tells what failed.',
  ),
  'host/not-started': kind(
    '58000',
    'user',
    'never',
    'Do what the message names, then start the server again.',
  ),
} as const satisfies Record<string, ErrorKind>

export type ErrorCode = keyof typeof errorKinds

/** What AWS said itself: for tables that declare what a name means of theirs. */
export interface Refusal {
  /** `CreateFunction` */
  readonly operation: string
  /** Typed error name. */
  readonly error: string
  readonly message: string
}

export interface ErrorDetails {
  readonly sqlstate?: string
  readonly detail?: string
  readonly hint?: string
  readonly position?: number
  readonly awsRequestId?: string
  readonly refusal?: Refusal
  readonly resource?: string
  readonly cause?: unknown
}

/** An error a person can act on: `message` says what happened, `hint` what to do next. */
export class IasqlError extends Error {
  readonly code: ErrorCode
  readonly sqlstate: string
  readonly blame: ErrorKind['blame']
  readonly retry: ErrorKind['retry']
  readonly detail: string | undefined
  readonly hint: string
  /** 1-based character position in the text the user sent. */
  readonly position: number | undefined
  readonly awsRequestId: string | undefined
  readonly refusal: Refusal | undefined
  readonly resource: string | undefined

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, { cause: details.cause })
    const kindOfCode = errorKinds[code]
    this.name = 'IasqlError'
    this.code = code
    this.sqlstate = details.sqlstate ?? kindOfCode.sqlstate
    this.blame = kindOfCode.blame
    this.retry = kindOfCode.retry
    this.detail = details.detail
    this.hint = details.hint ?? kindOfCode.hint
    this.position = details.position
    this.awsRequestId = details.awsRequestId
    this.refusal = details.refusal
    this.resource = details.resource
  }
}
