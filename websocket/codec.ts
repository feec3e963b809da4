/** Text ↔ messages: what a client sent is checked field by field before anything else sees it. */
import type { ClientMessage, ServerMessage } from './messages.ts'

type Action = ClientMessage['action']

/** `bad`: the message cannot be used; `runId` and `action` as far as they could be read. */
export type Decoded =
  | { readonly kind: 'message'; readonly message: ClientMessage }
  | {
      readonly kind: 'bad'
      readonly code: 'protocol/bad-json' | 'protocol/unknown-action' | 'protocol/bad-field'
      readonly message: string
      readonly runId?: string
      readonly action?: Action
    }

/** What a field must be, in words, when it is not. */
type Check = (value: unknown) => string | undefined

const must =
  (what: string, holds: (value: unknown) => boolean): Check =>
  (value) =>
    holds(value) ? undefined : what

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const uuidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const isUuid = (value: unknown): value is string => typeof value === 'string' && uuidForm.test(value)
const isInteger = (value: unknown, least: number, most: number): value is number =>
  Number.isInteger(value) && (value as number) >= least && (value as number) <= most

const maxParts = 4096
const uuid = must('a UUID in lower case', isUuid)
// PostgreSQL has no U+0000 in text, and a lone surrogate has no UTF-8: both would come back as something else.
const sqlText = must(
  'text without U+0000 or lone surrogates',
  (value) => typeof value === 'string' && !value.includes('\0') && value.isWellFormed(),
)
const count = (least: number, most: number = Number.MAX_SAFE_INTEGER): Check =>
  must(`an integer from ${least} to ${most}`, (value) => isInteger(value, least, most))
const oneOf = (...choices: readonly unknown[]): Check =>
  must(`one of ${choices.join(', ')}`, (value) => choices.includes(value))
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined ? undefined : check(value)

const options: Check = (value) => {
  if (!isObject(value)) return 'an object'
  if (value.stopOnError !== undefined && typeof value.stopOnError !== 'boolean')
    return 'an object whose stopOnError is true or false'
  if (value.maxRows !== undefined && !isInteger(value.maxRows, 1, 2 ** 31 - 1))
    return 'an object whose maxRows is an integer from 1 to 2147483647'
  return undefined
}
const topic = oneOf('executions', 'drift', 'schema')

const fieldsOfAction: Readonly<Record<Action, Readonly<Record<string, Check>>>> = {
  run: { runId: uuid, sql: sqlText, options: optional(options) },
  part: {
    runId: uuid,
    index: count(0, maxParts - 1),
    count: count(1, maxParts),
    text: sqlText,
    options: optional(options),
  },
  cancel: { runId: uuid },
  resume: { runId: uuid, afterSeq: count(0) },
  more: {
    runId: uuid,
    statement: count(0),
    cursor: must('a cursor from `complete` or `page`', (value) => typeof value === 'string' && value !== ''),
  },
  subscribe: { topic, afterSeq: optional(count(0)) },
  unsubscribe: { topic },
  ping: {},
}

const isAction = (value: unknown): value is Action =>
  typeof value === 'string' && Object.hasOwn(fieldsOfAction, value)

/** Reads one message of a client; never throws. Fields that the protocol does not know are left out. */
export function decodeClientMessage(text: string): Decoded {
  const value = parseJson(text)
  if (!isObject(value))
    return { kind: 'bad', code: 'protocol/bad-json', message: 'The message is not a JSON object.' }
  const runId = isUuid(value.runId) ? { runId: value.runId } : {}
  const action = value.action
  if (!isAction(action)) {
    const message =
      action === undefined ? 'The message has no action.' : `There is no action ${named(action)}.`
    return { kind: 'bad', code: 'protocol/unknown-action', message, ...runId }
  }
  const fields = Object.entries(fieldsOfAction[action])
  for (const [name, check] of fields) {
    const expected = check(value[name])
    if (expected !== undefined)
      return {
        kind: 'bad',
        code: 'protocol/bad-field',
        message: `${name} of ${action} must be ${expected}.`,
        action,
        ...runId,
      }
  }
  if (action === 'part' && (value.index as number) >= (value.count as number))
    return {
      kind: 'bad',
      code: 'protocol/bad-field',
      message: 'index must be below count.',
      action,
      ...runId,
    }
  const known = fields.filter(([name]) => value[name] !== undefined).map(([name]) => [name, value[name]])
  return { kind: 'message', message: { action, ...Object.fromEntries(known) } as ClientMessage }
}

/** Reads one message of the server; undefined for what is not one (such as the gateway's own failure notice). */
export function decodeServerMessage(text: string): ServerMessage | undefined {
  const value = parseJson(text)
  return isObject(value) && typeof value.type === 'string' ? (value as unknown as ServerMessage) : undefined
}

export const encodeMessage = (message: ClientMessage | ServerMessage): string => JSON.stringify(message)

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const named = (value: unknown): string =>
  typeof value === 'string' ? `“${value.slice(0, 40)}”` : `of type ${typeof value}`
