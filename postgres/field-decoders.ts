/** PostgreSQL's text output as fields of the Data API, for the types that the service carries. */
import { DataApiError, type Field } from './data-api.ts'

export type Decode = (text: string) => Field

const string: Decode = (text) => ({ stringValue: text })
const long: Decode = (text) => ({ longValue: Number(text) })
const double: Decode = (text) => ({ doubleValue: Number(text) })
const boolean: Decode = (text) => ({ booleanValue: text === 't' })
const bytes: Decode = (text) => ({ blobValue: Buffer.from(text.slice(2), 'hex') })

/** The service prints no fraction, milliseconds or microseconds, as few digits as suffice. */
const withFraction = (text: string): string =>
  text.replace(/\.(\d+)$/, (_dot, digits: string) => {
    const micros = digits.padEnd(6, '0')
    return `.${micros.endsWith('000') ? micros.slice(0, 3) : micros}`
  })

const time: Decode = (text) => {
  // The service fails without a word where its driver has no such date.
  if (text.endsWith('infinity')) {
    throw new DataApiError('unsupported-result', 'The result contains an infinite time.')
  }
  return { stringValue: withFraction(text) }
}

const zone = /([+-])(\d\d)(?::(\d\d))?(?::(\d\d))?$/

/** In UTC and without its zone, whatever the session's zone is. */
const timestampWithZone: Decode = (text) => {
  const [suffix = '', sign, hours = '0', minutes = '0', seconds = '0'] = zone.exec(text) ?? []
  const offset = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)
  const local = text.slice(0, text.length - suffix.length)
  if (offset === 0) return time(local)
  const [whole = '', fraction] = local.split('.')
  const instant = Date.parse(`${whole.replace(' ', 'T')}Z`) - (sign === '-' ? -offset : offset) * 1000
  const utc = new Date(instant).toISOString().slice(0, 19).replace('T', ' ')
  return time(fraction === undefined ? utc : `${utc}.${fraction}`)
}

/**
 * By type id, those of the service's list, and void. The service names arrays too, in a form of their own: this port has
 * none, so that they are cast to text or JSON.
 * https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/data-api-operations.html
 */
const decoders: ReadonlyMap<number, Decode> = new Map([
  [16, boolean],
  [17, bytes],
  ...[20, 21, 23, 26].map((id) => [id, long] as const),
  ...[700, 701].map((id) => [id, double] as const),
  ...[1082, 1083, 1114].map((id) => [id, time] as const),
  [1184, timestampWithZone],
  // name, text, json, cidr, unknown, inet, bpchar, varchar, numeric, void, uuid, jsonb
  ...[19, 25, 114, 650, 705, 869, 1042, 1043, 1700, 2278, 2950, 3802].map((id) => [id, string] as const),
])

/** Undefined for a type of which the service carries nothing but NULL, and for types of one database's own. */
export const decoderOf = (typeId: number): Decode | undefined => decoders.get(typeId)

/** The values of an enum. */
export const decodeLabel: Decode = string

const isNull: Field = { isNull: true }

export const decodeRow = (row: readonly (string | null)[], decode: readonly Decode[]): readonly Field[] =>
  row.map((text, index) => (text === null ? isNull : (decode[index] ?? string)(text)))
