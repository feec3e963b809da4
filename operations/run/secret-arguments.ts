/**
 * Functions with a secret among their arguments. It leaves the statement encrypted, is opened here for the call, and is
 * neither remembered nor stored with the result; no error of the call has it.
 */
import type { FuncCall } from 'libpg-query'
import { IasqlError } from '#engine/model/error.ts'
import type { Json } from '#engine/model/json.ts'
import type { RpcDescription } from '#engine/model/rpc.ts'
import { DataApiError } from '#postgres/data-api.ts'
import { hasSecretKey } from '#postgres/statements/secret-key.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { Ports } from '../ports.ts'
import { hideIn, hideSecrets } from '../secrets/hide-secrets.ts'
import { UnopenedMessage } from '../secrets/open-message.ts'
import type { OpenedSecrets } from '../secrets/open-secrets.ts'
import { plainNames } from '../statement/plain-names.ts'
import type { Statement } from '../statement/split-statements.ts'
import type { OpenRun } from './open-run.ts'
import { refuseOtherForms } from './shown-once.ts'

export const takesSecret = ({ arguments: all }: RpcDescription): boolean => all.some(({ secret }) => secret)

/** What may be remembered of the arguments. */
export const withoutSecretArguments = (
  description: RpcDescription | undefined,
  given: readonly Json[],
): readonly Json[] => given.map((value, index) => (description?.arguments[index]?.secret ? null : value))

interface OpenedArguments {
  readonly arguments: readonly Json[]
  readonly secrets: OpenedSecrets
}

/** @throws IasqlError when what is given was not encrypted by the function itself. */
export async function openArguments(
  { platform, secretKeys }: Pick<Ports, 'platform' | 'secretKeys'>,
  tenant: Tenant,
  description: RpcDescription,
  given: readonly Json[],
): Promise<OpenedArguments> {
  const secrets = new Map<string, string>()
  const opened: Json[] = []
  for (const [index, value] of given.entries()) {
    if (!description.arguments[index]?.secret || value === null) {
      opened.push(value)
      continue
    }
    const [keyName = '', message = ''] = String(value).split(' ')
    // The text of a fault is the tenant's word only: another tenant's key is not opened with.
    if (!(await hasSecretKey(platform, tenant, keyName))) throw notSealed(description)
    const sealed = Buffer.from(message, 'base64')
    const [plain = ''] = await secretKeys.open(keyName, [sealed]).catch((error: unknown) => {
      throw error instanceof UnopenedMessage ? notSealed(description) : error
    })
    secrets.set(`${index}`, plain)
    opened.push(plain)
  }
  return { arguments: opened, secrets }
}

const notSealed = ({ name }: RpcDescription): IasqlError =>
  new IasqlError('sql/refused', `${name}() takes its secrets from its own call only`, {
    hint: `Call it as it is: SELECT * FROM ${name}(…).`,
  })

/** An error of the call as it may be shown, stored and logged. */
export function withoutSecrets(error: unknown, secrets: OpenedSecrets): unknown {
  if (secrets.size === 0) return error
  if (error instanceof IasqlError) return hideSecrets(error, secrets)
  const hide = (text: string): string => hideIn(text, secrets.values())
  if (!(error instanceof Error)) return new Error(hide(String(error)))
  const cause = error.cause === undefined ? undefined : withoutSecrets(error.cause, secrets)
  // Whether the database is gone is told by it.
  if (error instanceof DataApiError) return new DataApiError(error.fault, hide(error.message), cause)
  const hidden = new Error(hide(error.message), { cause })
  return Object.assign(hidden, { name: error.name, stack: hide(error.stack ?? '') })
}

/** What would keep or show the text of a call, such as EXPLAIN, a view or the body of a function, is refused before it runs. */
export async function refuseKeptCalls(
  { catalogue, ports, tenant }: OpenRun,
  { node, text }: Pick<Statement, 'node' | 'text'>,
): Promise<IasqlError | undefined> {
  const secretive = catalogue.descriptions(await ports.modules()).filter(takesSecret)
  if (secretive.length === 0) return undefined
  const body = 'DoStmt' in node || 'CreateFunctionStmt' in node ? plainNames(text).toLowerCase() : ''
  const named = secretive.find(({ name }) => body.includes(name) || calls(node, name))
  return named && refuseOtherForms(node, named, tenant.schema)
}

function calls(node: unknown, name: string): boolean {
  if (typeof node !== 'object' || node === null) return false
  if (Array.isArray(node)) return node.some((item) => calls(item, name))
  if ('FuncCall' in node) {
    const last = (node.FuncCall as FuncCall).funcname?.at(-1)
    if (last && 'String' in last && last.String.sval === name) return true
  }
  return Object.values(node).some((item) => calls(item, name))
}
